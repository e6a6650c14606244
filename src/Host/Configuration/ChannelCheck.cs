using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters.Http;
using HotPath.Core.Clearing.Adapters.Iso8583;
using HotPath.Core.Clearing.Breakers;
using HotPath.Core.Runtime;

namespace HotPath.Host.Configuration;

/// <summary>Checks the channels: how each is reached, in which of the two languages, and how long it may take.</summary>
internal sealed class ChannelCheck(Faults faults, KeyFiles keys)
{
    private const int MostInFlight = 65_536;
    private const int MostInquiries = 10_000;

    internal List<ChannelSettings> CheckChannels(IReadOnlyList<ChannelConfiguration> channels)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var settings = new List<ChannelSettings>();
        foreach ((string path, ChannelConfiguration channel) in faults.Each("channels", channels))
        {
            string? id = faults.Token(path + ".id", channel.Id, 32);
            faults.Unique(seen, path + ".id", id);
            if (id == ChannelOptions.NoId)
            {
                faults.Add(path + ".id", $"{ChannelOptions.NoId} is what metrics call whatever has no channel: it needs another name");
            }
            faults.InRange(path + ".max_in_flight", channel.MaxInFlight, 1, MostInFlight);
            faults.InRange(path + ".inquiries_per_second", channel.InquiriesPerSecond, 1, MostInquiries);
            TimeSpan deadline = faults.Duration(path + ".deadline", channel.Deadline, TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(60));
            TimeSpan connectTimeout = faults.Duration(path + ".connect_timeout", channel.ConnectTimeout, TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(15));
            // It begins when a payment is handed over, which may be at the end of its answer budget: the resolver adds that. Shorter than the deadline, and a reversal could overtake its own payment.
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
                isIso8583 ? CheckIso8583(path, channel, deadline, connectTimeout) : CheckHttp(path, channel, deadline, connectTimeout)));
        }
        return settings;
    }

    /// <summary>
    /// What one connection of iso8583 has room for: when it is the last one, it takes all payments and, beside these, what is inquired, reversed and probed.
    /// </summary>
    internal static int CallsOnOneLine(ChannelConfiguration channel) =>
        Math.Clamp(channel.MaxInFlight, 1, MostInFlight) + InquiriesUnderWay(channel) + Iso8583Options.EchoesUnderWay;

    private static int InquiriesUnderWay(ChannelConfiguration channel) => InquiryBudget.MostUnderWayOf(Math.Clamp(channel.InquiriesPerSecond, 1, MostInquiries));

    private Func<TimeProvider, IClearingAdapter> CheckHttp(string path, ChannelConfiguration channel, TimeSpan deadline, TimeSpan connectTimeout)
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
            ConnectTimeout = connectTimeout,
            MaxConnections = channel.MaxConnections,
            MaxInquiryConnections = InquiriesUnderWay(channel) + HttpClearingOptions.ProbesUnderWay,
        };
        return clock => new HttpClearingAdapter(options, clock);
    }

    private Func<TimeProvider, IClearingAdapter> CheckIso8583(string path, ChannelConfiguration channel, TimeSpan deadline, TimeSpan connectTimeout)
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
            MaxInFlight = CallsOnOneLine(channel),
            Deadline = deadline,
            ConnectTimeout = connectTimeout,
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
