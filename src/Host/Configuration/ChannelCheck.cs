using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters.Http;
using HotPath.Core.Clearing.Adapters.Iso8583;
using HotPath.Core.Clearing.Breakers;
using HotPath.Core.Runtime;

namespace HotPath.Host.Configuration;

/// <summary>Checks the channels: how each is reached, in which of the two languages, and how long it may take.</summary>
internal sealed class ChannelCheck(Faults faults, KeyFiles keys)
{
    // The adapter holds calls that its channel has no credit for: inquiries and reversals, 64 at a time, and echoes.
    private const int BesideCredits = 1024;

    internal List<ChannelSettings> CheckChannels(IReadOnlyList<ChannelConfiguration> channels)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var settings = new List<ChannelSettings>();
        foreach ((string path, ChannelConfiguration channel) in faults.Each("channels", channels))
        {
            string? id = faults.Token(path + ".id", channel.Id, 32);
            faults.Unique(seen, path + ".id", id);
            faults.InRange(path + ".max_in_flight", channel.MaxInFlight, 1, 65_536);
            faults.InRange(path + ".inquiries_per_second", channel.InquiriesPerSecond, 1, 10_000);
            TimeSpan deadline = faults.Duration(path + ".deadline", channel.Deadline, TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(60));
            // Shorter, and a reversal could overtake its own payment.
            TimeSpan settleWindow = faults.Duration(path + ".settle_window", channel.SettleWindow, deadline, TimeSpan.FromMinutes(10));
            bool opensByItself = faults.Listed(path + ".breaker", channel.Breaker, ("standard", true), ("by_hand", false));
            bool isIso8583 = faults.Listed(path + ".protocol", channel.Protocol, ("http", false), ("iso8583", true));
            settings.Add(new ChannelSettings(
                new ChannelOptions
                {
                    Id = id ?? "",
                    MaxInFlight = channel.MaxInFlight,
                    SettleWindow = settleWindow,
                    InquiriesPerSecond = Math.Max(1, channel.InquiriesPerSecond),
                    Reach = isIso8583 ? Iso8583ClearingAdapter.Reach : ChannelReach.Everything,
                    Breaker = new BreakerOptions { OpensByItself = opensByItself },
                },
                isIso8583 ? CheckIso8583(path, channel, deadline) : CheckHttp(path, channel, deadline)));
        }
        return settings;
    }

    private Func<TimeProvider, IClearingAdapter> CheckHttp(string path, ChannelConfiguration channel, TimeSpan deadline)
    {
        faults.InRange(path + ".max_connections", channel.MaxConnections, 1, 16_384);
        if (channel.Iso8583 is not null)
        {
            faults.Add(path + ".iso8583", "is of the protocol iso8583, and this channel's is http");
        }
        var options = new HttpClearingOptions
        {
            BaseAddress = CheckUrl(path + ".url", channel.Url, ChannelAddress.Read) ?? new Uri("https://invalid"),
            Deadline = deadline,
            MaxConnections = channel.MaxConnections,
        };
        return clock => new HttpClearingAdapter(options, clock);
    }

    private Func<TimeProvider, IClearingAdapter> CheckIso8583(string path, ChannelConfiguration channel, TimeSpan deadline)
    {
        Iso8583Configuration iso = channel.Iso8583 ?? new Iso8583Configuration();
        faults.InRange(path + ".iso8583.connections", iso.Connections, 1, 64);
        bool hasMac = iso.MacKey is not null;
        Uri? address = CheckUrl(path + ".url", channel.Url, url => ChannelAddress.ReadIso8583(url, hasMac));
        bool isTls = address?.Scheme == ChannelAddress.Tls;
        if (iso.Authority is not null && !isTls)
        {
            faults.Add(path + ".iso8583.authority", "is of no use without TLS: a url like tls://host:port");
        }
        var options = new Iso8583Options
        {
            Host = address?.DnsSafeHost ?? "invalid",
            Port = address?.Port ?? 1,
            IsTls = isTls,
            Authority = iso.Authority is null ? null : keys.ReadAuthority(path + ".iso8583.authority", iso.Authority),
            Mac = hasMac ? keys.ReadMacKey(path + ".iso8583.mac_key", iso.MacKey) : null,
            Connections = Math.Clamp(iso.Connections, 1, 64),
            // When one connection is left it takes them all.
            MaxInFlight = Math.Clamp(channel.MaxInFlight + BesideCredits, 1, 65_536),
            Deadline = deadline,
            EchoInterval = faults.Duration(path + ".iso8583.echo_interval", iso.EchoInterval, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)),
        };
        return clock => new Iso8583ClearingAdapter(options, ThreadScheduler.Instance, clock);
    }

    private Uri? CheckUrl(string path, string? url, Func<string, (Uri? Address, IReadOnlyList<string> Faults)> read)
    {
        if (faults.Required(path, url) is not { } given)
        {
            return null;
        }
        (Uri? address, IReadOnlyList<string> found) = read(given);
        foreach (string fault in found)
        {
            faults.Add(path, fault);
        }
        return address;
    }
}
