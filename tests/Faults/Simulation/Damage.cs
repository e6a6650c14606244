using HotPath.Core.Ledger.Embedded;
using HotPath.Faults.Checking;

namespace HotPath.Faults.Simulation;

/// <summary>
/// What a disk does to bytes that were safe: a bit turns, a write goes to the wrong place, a sector reads as zeroes, a file is gone. What must
/// not be lost is known from the journal as it was before.
/// </summary>
internal sealed class Damage
{
    private readonly VirtualDisk _disk;
    private readonly VirtualStorage _storage;
    private readonly Chance _chance;
    private readonly Dictionary<(string, string), JournalTrade> _orders;
    private readonly long _named;

    internal Damage(VirtualDisk disk, VirtualStorage storage, Chance chance)
    {
        _disk = disk;
        _storage = storage;
        _chance = chance;
        Before = JournalFold.Read(storage, VirtualGateway.DataDirectory, out _named);
        After = Before;
        _orders = Before.ToDictionary(trade => (trade.InstId, trade.OrderNo));
    }

    /// <summary>The trades before.</summary>
    internal IReadOnlyList<JournalTrade> Before { get; }

    /// <summary>The trades as the gateway left them: those before, where it would not start.</summary>
    internal IReadOnlyList<JournalTrade> After { get; private set; }

    /// <summary>The gateway would not start on it.</summary>
    internal bool IsRefused { get; set; }

    /// <summary>Every record of this order was named as durable: nothing of it may be lost or change.</summary>
    internal bool Keeps(string instId, string orderNo) =>
        _orders.TryGetValue((instId, orderNo), out JournalTrade? trade) && trade.AcceptedSequence <= _named && trade.Results.All(result => result.Sequence <= _named);

    /// <summary>Does it, and says what.</summary>
    internal string Do()
    {
        VirtualFile[] files = [.. _disk.Files.Where(file => file.Length > 0)];
        if (files.Length == 0)
        {
            return "nothing is there to be damaged";
        }
        VirtualFile file = files[_chance.Below(files.Length)];
        // Most of a segment may be zeroes still: damage goes where something is.
        int used = file.Content.LastIndexOfAnyExcept((byte)0) + 1;
        int at = _chance.Below(Math.Max(1, used));
        int sector = at / VirtualFile.SectorBytes * VirtualFile.SectorBytes;
        int length = Math.Min(VirtualFile.SectorBytes, file.Length - sector);
        switch (_chance.Below(4))
        {
            case 0:
                file.Change(at, [(byte)(file.Content[at] ^ (1 << _chance.Below(8)))]);
                return $"a bit turns at {at} of {_disk.PathOf(file)}";
            case 1:
                file.Change(sector, new byte[length]);
                return $"the sector at {sector} of {file.Name} reads as zeroes";
            case 2:
                VirtualFile other = files[_chance.Below(files.Length)];
                int from = _chance.Below(Math.Max(1, other.Length / VirtualFile.SectorBytes)) * VirtualFile.SectorBytes;
                byte[] bytes = other.Content.Slice(from, Math.Min(length, other.Length - from)).ToArray();
                // Where it was meant to go it never came.
                other.Change(from, new byte[bytes.Length]);
                file.Change(sector, bytes);
                return $"a write that was meant for {from} of {_disk.PathOf(other)} went to {sector} of {_disk.PathOf(file)}";
            default:
                string path = _disk.PathOf(file);
                _storage.Delete(path);
                return $"{path} is gone";
        }
    }

    /// <summary>What was named as durable before and is not there any more, or not as it was; null when all of it is.</summary>
    internal string? WhatIsLost(VirtualStorage storage)
    {
        Dictionary<string, JournalTrade> after;
        try
        {
            After = JournalFold.Read(storage, VirtualGateway.DataDirectory);
            after = After.ToDictionary(trade => trade.TradeNo);
        }
        catch (JournalDamagedException damage)
        {
            return $"the gateway started on a journal that cannot be read: {damage.Message}";
        }
        foreach (JournalTrade trade in Before.Where(trade => trade.AcceptedSequence <= _named))
        {
            if (!after.TryGetValue(trade.TradeNo, out JournalTrade? kept) || kept.Content != trade.Content || kept.AmountMinor != trade.AmountMinor)
            {
                return $"trade {trade.TradeNo} in record {trade.AcceptedSequence} is lost, and everything to {_named} was named as durable";
            }
            if (trade.Results.Exists(result => result.Sequence <= _named && !kept.Results.Contains(result)))
            {
                return $"the result of trade {trade.TradeNo} is lost, and everything to {_named} was named as durable";
            }
            if (trade.Refunds.Find(refund => refund.Sequence <= _named && !kept.Refunds.Contains(refund)) is { } lost)
            {
                return $"refund {lost.RefundId} of trade {trade.TradeNo}, {lost.Status} in record {lost.Sequence}, is lost, and everything to {_named} was named as durable";
            }
        }
        return null;
    }
}
