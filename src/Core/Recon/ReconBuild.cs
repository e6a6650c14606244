using HotPath.Core.Model;

namespace HotPath.Core.Recon;

/// <summary>What a build came to.</summary>
internal enum BuildResult : byte
{
    /// <summary>Not finished yet.</summary>
    Open = 0,

    /// <summary>The file is finished, and was not before.</summary>
    Built,

    /// <summary>It was finished before, and building it again gave the same bytes.</summary>
    Same,

    /// <summary>It was finished before, and building it again gave other bytes: the finished one stays, and somebody must look.</summary>
    Differs,
}

/// <summary>
/// One file being built, step by step: the rows are read twice. First to learn which come too late for the window (these are put aside and sorted), then
/// to write: window and late rows, merged. So nothing but the late rows is written twice, and memory does not depend on the number of rows.
/// </summary>
internal sealed class ReconBuild(ReconFileName name, ReconFolder folder, IFinalRows rows, int window = ReconBuild.Window) : IDisposable
{
    /// <summary>Rows held to put them in order. 32,768.</summary>
    // Half a minute of an institution at its 1,000 payments a second: twice a channel's longest call. 10 MiB.
    internal const int Window = 32 * 1024;

    // About a third of a millisecond.
    private const int RowsAStep = 256;

    private readonly string _part = folder.PartOf(name);
    private readonly LateRows _late = new(folder.PartOf(name) + ".late", window);
    private IEnumerator<long>? _steps;

    internal BuildResult Result { get; private set; }

    /// <summary>Rows read so far, of both readings.</summary>
    internal long RowsRead { get; private set; }

    /// <summary>How far it is through both readings, in the measure of <see cref="IFinalRows.End"/>.</summary>
    internal long Done { get; private set; }

    /// <summary>Does a little more.</summary>
    /// <returns>False when it is done.</returns>
    /// <exception cref="IOException">The disk. Nothing that counts was changed; a new build begins from the start.</exception>
    internal bool Step()
    {
        _steps ??= Steps().GetEnumerator();
        if (!_steps.MoveNext())
        {
            return false;
        }
        Done = _steps.Current;
        return true;
    }

    /// <summary>Ends it. What was not finished is not left behind: on a full disk it would be what fills it.</summary>
    public void Dispose()
    {
        _steps?.Dispose();
        _late.Dispose();
        if (Result == BuildResult.Open && File.Exists(_part))
        {
            File.Delete(_part);
        }
    }

    private IEnumerable<long> Steps()
    {
        // A finished file's rows are fixed: what was recorded since is the next one's.
        ReconFileFacts? finished = folder.Find(name);
        RowSpan span = finished?.Rows ?? NewSpan();
        folder.Prepare(name);
        foreach (long done in Sort(span, csv: null))
        {
            yield return done;
        }
        _late.Close();
        using var csv = new ReconCsv(folder.PartOf(name), name);
        foreach (long done in Sort(span, csv))
        {
            yield return span.Length + done;
        }
        yield return 2 * span.Length;
        ReconFileFacts facts = csv.Finish(span);
        csv.Dispose();
        Publish(finished, facts);
    }

    // The day before may not have been built, or not yet: then all its rows are its own. And this day's file may have been there before, and be lost: what
    // the next day's has of it stays there.
    private RowSpan NewSpan()
    {
        long before = rows.End(name.InstId, name.Day - 1, name.Type);
        long carriedFrom = folder.Find(name with { Day = name.Day - 1 })?.Rows.OfDay ?? before;
        long ofDay = folder.Find(name with { Day = name.Day + 1 })?.Rows is { IsCarrying: true } next ? next.CarriedFrom : rows.End(name.InstId, name.Day, name.Type);
        return new RowSpan(ofDay, carriedFrom, before);
    }

    private IEnumerable<long> Sort(RowSpan span, ReconCsv? csv)
    {
        var order = new SortWindow(window);
        var row = default(ReconRow);
        using IRowReader carried = rows.Open(name.InstId, name.Day - 1, name.Type, span.CarriedFrom, span.CarriedTo);
        using IRowReader own = rows.Open(name.InstId, name.Day, name.Type, 0, span.OfDay);
        while (carried.TryRead(ref row) || own.TryRead(ref row))
        {
            if (Admits(order, row.Number, csv))
            {
                order.Add(row);
            }
            else if (csv is null)
            {
                _late.Add(row);
            }
            if (++RowsRead % RowsAStep == 0)
            {
                yield return carried.Position - span.CarriedFrom + own.Position;
            }
        }
        if (csv is null)
        {
            yield break;
        }
        for (long left = 1; !order.IsEmpty || !_late.IsEmpty; left++)
        {
            GiveNext(order, csv);
            if (left % RowsAStep == 0)
            {
                yield return span.Length;
            }
        }
    }

    // Judged alike in both readings: by the window alone, whatever is merged into what it gives.
    private bool Admits(SortWindow order, TradeNo number, ReconCsv? csv)
    {
        if (!order.IsTooLate(number) && order.IsFull)
        {
            GiveNext(order, csv);
        }
        return !order.IsTooLate(number);
    }

    private void GiveNext(SortWindow order, ReconCsv? csv)
    {
        if (csv is null)
        {
            order.Take();
            return;
        }
        while (!_late.IsEmpty && (order.IsEmpty || _late.Smallest < order.Smallest))
        {
            csv.Write(_late.Take());
        }
        if (!order.IsEmpty)
        {
            csv.Write(order.Take());
        }
    }

    private void Publish(ReconFileFacts? finished, ReconFileFacts facts)
    {
        if (finished is null)
        {
            folder.Publish(name, facts);
            Result = BuildResult.Built;
            return;
        }
        File.Delete(folder.PartOf(name));
        Result = facts == finished ? BuildResult.Same : BuildResult.Differs;
    }
}
