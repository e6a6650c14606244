namespace HotPath.Faults.Simulation;

/// <summary>What a process asks of the disk.</summary>
internal enum DiskCall
{
    Open = 0,
    Name,
    Write,
    Sync,
}

/// <summary>What goes wrong with the disk, and when: slow, failing, full, and the process killed in the middle of a call.</summary>
internal sealed class Troubles(Plan plan, Chance chance, Tally tally, Action<Life> crash)
{
    private static readonly TimeSpan ShortCall = TimeSpan.FromMicroseconds(5);

    internal Chance Chance => chance;

    /// <summary>The faults are over: from here on the disk is quick and right.</summary>
    internal bool IsCalm { get; set; }

    internal void Before(Life life, DiskCall call, string path)
    {
        life.ThrowIfDead();
        MaybeDie(life);
        life.Loop.Park(life, call == DiskCall.Sync ? SyncTime() : ShortCall);
        if (Fails(life))
        {
            throw new IOException($"{call} {path}: Input/output error");
        }
    }

    /// <summary>Done, and perhaps nobody is left to hear of it.</summary>
    internal void After(Life life, DiskCall call, string path)
    {
        if (call == DiskCall.Sync)
        {
            life.Loop.Note((ulong)path.Length);
        }
        MaybeDie(life);
    }

    internal void BeforeRead(Life life, string path)
    {
        life.ThrowIfDead();
        // Reads are many and failures of them rare: a tenth of the rate.
        if (chance.Happens(0.1) && Fails(life))
        {
            throw new IOException($"pread {path}: Input/output error");
        }
    }

    /// <summary>How much of the bytes is written: all, or, when the write fails, some.</summary>
    internal int BeforeWrite(Life life, string path, int length, bool hasRoom)
    {
        life.ThrowIfDead();
        life.Loop.Park(life, ShortCall);
        if (!hasRoom)
        {
            tally.Count("no space left");
            return chance.Below(length);
        }
        if (plan.Has(FaultKinds.Crash) && !IsCalm && chance.Happens(plan.CrashInDiskCall))
        {
            _diesInWrite = life;
            return chance.Below(length + 1);
        }
        return Fails(life) ? chance.Below(length) : length;
    }

    internal void AfterWrite(Life life, string path, bool isWhole, bool hasRoom)
    {
        if (_diesInWrite == life)
        {
            _diesInWrite = null;
            Die(life);
        }
        if (!isWhole)
        {
            throw new IOException($"pwrite64 {path}: {(hasRoom ? "Input/output error" : "No space left on device")}");
        }
    }

    /// <summary>False: what was to be synced is not, and never will be by another sync alone.</summary>
    internal bool TrySync(Life life, string path)
    {
        life.ThrowIfDead();
        MaybeDie(life);
        life.Loop.Park(life, SyncTime());
        return !Fails(life);
    }

    private Life? _diesInWrite;
    private Life? _failedFor;

    /// <summary>A call of this process has failed: what it could not read it may call damaged.</summary>
    internal bool HasFailed(Life life) => _failedFor == life;

    private TimeSpan SyncTime()
    {
        if (IsCalm || !plan.Has(FaultKinds.SlowDisk))
        {
            return TimeSpan.FromMicroseconds(100);
        }
        if (chance.Happens(plan.StallRate))
        {
            tally.Count("disk stalled");
            return plan.LongestStall * chance.Fraction();
        }
        return chance.Lognormal(plan.SyncMedian, plan.SyncSpread);
    }

    private bool Fails(Life life)
    {
        bool fails = !IsCalm && plan.Has(FaultKinds.DiskErrors) && chance.Happens(plan.DiskErrorRate);
        if (fails)
        {
            tally.Count("disk error");
            _failedFor = life;
        }
        return fails;
    }

    private void MaybeDie(Life life)
    {
        if (!IsCalm && plan.Has(FaultKinds.Crash) && chance.Happens(plan.CrashInDiskCall))
        {
            Die(life);
        }
    }

    private void Die(Life life)
    {
        tally.Count("killed in a disk call");
        crash(life);
        life.ThrowIfDead();
    }
}
