using HotPath.Core.Clearing.Adapters.Iso8583;

namespace HotPath.Host.Simulator;

/// <summary>How the clearing simulator behaves.</summary>
internal sealed record SimulatorOptions
{
    /// <summary>TCP port on 127.0.0.1. Default 0: a free one. Range 0 to 65,535.</summary>
    public int Port { get; init; }

    /// <summary>TCP port on 127.0.0.1 of the ISO 8583 dialect, over the same books. Default none: HTTP only. 0: a free one. Range 0 to 65,535.</summary>
    public int? Iso8583Port { get; init; }

    /// <summary>Seals the ISO 8583 answers, and the requests must be sealed with it. Default none.</summary>
    public MessageMac? Iso8583Mac { get; init; }

    /// <summary>Folder of <c>books.jsonl</c>; made when missing. One simulator at a time.</summary>
    public string BooksDirectory { get; init; } = Path.Combine(".hotpath", "simulator");

    /// <summary>Mean time from a payment to its answer, lognormal. Default 20 ms. Range 0 to 10 s.</summary>
    public TimeSpan ChannelLatency { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>After this the channel executes nothing any more that it was sent before. Default 15 s. Range 1 to 60 s.</summary>
    // ChannelOptions.SettleWindow has the same default. Amounts ending in 12 are executed in its middle.
    public TimeSpan SettleWindow { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a request that gets no answer is held open before its connection is cut. Default 10 min. Range 1 s to 1 h.</summary>
    // Far above every caller's deadline, and an end for callers that have none.
    public TimeSpan SilenceCap { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Whether <c>POST /drill</c> is answered: it makes the channel slow or erring while it runs. Default false.</summary>
    public bool HasDrill { get; init; }

    internal void Validate()
    {
        Check(nameof(Port), Port, 0, 65_535);
        Check(nameof(Iso8583Port), Iso8583Port ?? 0, 0, 65_535);
        Check(nameof(ChannelLatency), ChannelLatency.TotalSeconds, 0, 10);
        Check(nameof(SettleWindow), SettleWindow.TotalSeconds, 1, 60);
        Check(nameof(SilenceCap), SilenceCap.TotalSeconds, 1, 3600);
        ArgumentException.ThrowIfNullOrWhiteSpace(BooksDirectory);
    }

    private static void Check(string name, double value, double least, double most)
    {
        if (!(value >= least && value <= most))
        {
            throw new ArgumentOutOfRangeException(name, value, $"must be {least} to {most}");
        }
    }
}
