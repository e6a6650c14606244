using System.Globalization;

namespace HotPath.Faults.Simulation;

/// <summary>The kinds of fault, so that a broken seed can be tried with fewer of them.</summary>
[Flags]
internal enum FaultKinds
{
    None = 0,
    Crash = 1,
    PowerLoss = 2,
    Stop = 4,
    SlowDisk = 8,
    DiskErrors = 16,
    FullDisk = 32,
    Checkpoints = 64,
    Channel = 128,
    Late = 256,
    ClockSteps = 512,
    Retries = 1024,
    Damage = 2048,
    All = 4095,
}

/// <summary>What one run is made of: drawn from its seed, or smaller, when a broken seed is being shrunk.</summary>
internal sealed record Plan
{
    internal required ulong Seed { get; init; }

    internal required int Payments { get; init; }

    internal FaultKinds Faults { get; init; } = FaultKinds.All;

    /// <summary>The safety phase ends then, whatever is still going on.</summary>
    internal TimeSpan SafetyEnds { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The one promise is not held against the disk at the moments it speaks of: only what is left in the end is judged.</summary>
    internal bool IsBlindToTheDisk { get; init; }

    internal required int Institutions { get; init; }

    /// <summary>Mean time between two payments' beginnings.</summary>
    internal required TimeSpan PaymentEvery { get; init; }

    internal required int SegmentBytes { get; init; }

    internal required int CheckpointEveryRecords { get; init; }

    internal required TimeSpan CheckpointInterval { get; init; }

    /// <summary>How quickly sealed segments are read again, in bytes a second; 0: never.</summary>
    internal required long ScrubBytesPerSecond { get; init; }

    internal required long DiskReserveBytes { get; init; }

    internal required int RingCapacity { get; init; }

    internal required int MaxInFlight { get; init; }

    /// <summary>Mean time between two crashes; the first may come at once.</summary>
    internal required TimeSpan CrashEvery { get; init; }

    /// <summary>Of the crashes, those in which the machine loses its power.</summary>
    internal required double PowerLossShare { get; init; }

    /// <summary>That a call of the disk is the process's last.</summary>
    internal required double CrashInDiskCall { get; init; }

    internal required double StopShare { get; init; }

    internal required TimeSpan SyncMedian { get; init; }

    internal required double SyncSpread { get; init; }

    internal required double StallRate { get; init; }

    internal required TimeSpan LongestStall { get; init; }

    internal required double DiskErrorRate { get; init; }

    internal required bool IsDiskFullAtTimes { get; init; }

    internal required double CheckpointFailureRate { get; init; }

    /// <summary>Of the payments, those with which the channel does not do as it should.</summary>
    internal required double ChannelFaultRate { get; init; }

    internal required double InquiryFaultRate { get; init; }

    internal required bool HasLateResults { get; init; }

    internal required TimeSpan ClockStepEvery { get; init; }

    internal required TimeSpan LargestClockStep { get; init; }

    internal required double RepeatRate { get; init; }

    /// <summary>Of the orders, those somebody wants refunded.</summary>
    internal required double RefundRate { get; init; }

    /// <summary>Of the payments, those that somebody cancels while they are under way.</summary>
    internal required double CancelRate { get; init; }

    /// <summary>Of the notifications, those that go wrong on their way or at the institution; null: nobody is notified.</summary>
    internal required double? NotifyFaultRate { get; init; }

    /// <summary>The channel is left alone when it fails too often; otherwise its failures go on and on, which leads further into what can go wrong.</summary>
    internal required bool HasBreaker { get; init; }

    /// <summary>Channels that payments are spread over.</summary>
    internal required int Channels { get; init; }

    /// <summary>Of the payments and refunds, those whose connection is refused.</summary>
    internal required double RefusalRate { get; init; }

    internal bool Has(FaultKinds kind) => (Faults & kind) != 0;

    internal static Plan Draw(ulong seed, int payments)
    {
        Chance chance = new Chance(seed).Branch(1);
        bool IsOn(double probability) => chance.Happens(probability);
        bool isDamage = IsOn(0.05);
        return new Plan
        {
            Seed = seed,
            Payments = payments,
            Faults = FaultKinds.All & ~(isDamage ? FaultKinds.None : FaultKinds.Damage),
            Institutions = chance.Between(1, 4),
            PaymentEvery = TimeSpan.FromMilliseconds(chance.Pick(2, 10, 50, 200)),
            SegmentBytes = chance.Pick(16, 32, 64) * 1024,
            CheckpointEveryRecords = chance.Pick(100, 200, 500),
            CheckpointInterval = TimeSpan.FromSeconds(chance.Pick(1, 10, 600)),
            ScrubBytesPerSecond = IsOn(0.2) ? 65_536 : 0,
            DiskReserveBytes = chance.Pick(0, 256 * 1024),
            RingCapacity = chance.Pick(16, 64, 1024),
            MaxInFlight = chance.Pick(16, 64, 256),
            CrashEvery = IsOn(0.9) ? TimeSpan.FromSeconds(chance.Pick(0.3, 1.0, 4.0, 15.0)) : TimeSpan.Zero,
            PowerLossShare = chance.Pick(0.0, 0.5, 1.0),
            CrashInDiskCall = IsOn(0.6) ? chance.Pick(0.0005, 0.002, 0.01) : 0,
            StopShare = chance.Pick(0.0, 0.2),
            SyncMedian = TimeSpan.FromMicroseconds(chance.Pick(100, 500, 3000)),
            SyncSpread = chance.Pick(0.3, 1.0),
            StallRate = IsOn(0.4) ? chance.Pick(0.001, 0.01) : 0,
            LongestStall = TimeSpan.FromSeconds(chance.Pick(0.5, 3, 20)),
            DiskErrorRate = IsOn(0.3) ? chance.Pick(0.0003, 0.003) : 0,
            IsDiskFullAtTimes = IsOn(0.15),
            CheckpointFailureRate = IsOn(0.3) ? 0.3 : 0,
            ChannelFaultRate = IsOn(0.9) ? chance.Pick(0.05, 0.3, 0.8) : 0,
            InquiryFaultRate = IsOn(0.5) ? chance.Pick(0.1, 0.5) : 0,
            HasLateResults = IsOn(0.1),
            ClockStepEvery = IsOn(0.3) ? TimeSpan.FromSeconds(chance.Pick(2, 10)) : TimeSpan.Zero,
            LargestClockStep = chance.Pick(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5), TimeSpan.FromHours(2), TimeSpan.FromDays(1)),
            RepeatRate = chance.Pick(0.05, 0.3, 0.6),
            RefundRate = chance.Pick(0.0, 0.2, 0.6),
            CancelRate = chance.Pick(0.0, 0.2, 0.6),
            NotifyFaultRate = IsOn(0.3) ? chance.Pick(0.0, 0.1, 0.5) : null,
            HasBreaker = IsOn(0.5),
            Channels = IsOn(0.7) ? 2 : 1,
            RefusalRate = IsOn(0.5) ? chance.Pick(0.1, 0.5) : 0,
        };
    }

    /// <summary>What reproduces it.</summary>
    internal string Command()
    {
        Plan drawn = Draw(Seed, Payments);
        var text = new System.Text.StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"./dev simulate --seed {Seed} --payments {Payments}");
        if (Faults != drawn.Faults)
        {
            text.Append(CultureInfo.InvariantCulture, $" --faults {Faults.ToString().Replace(" ", "", StringComparison.Ordinal)}");
        }
        if (SafetyEnds != drawn.SafetyEnds)
        {
            text.Append(CultureInfo.InvariantCulture, $" --until-ms {(long)SafetyEnds.TotalMilliseconds}");
        }
        return text.ToString();
    }
}
