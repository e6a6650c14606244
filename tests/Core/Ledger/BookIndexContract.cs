using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Ledger;

#pragma warning disable CA1816 // Nothing here has a finalizer.

/// <summary>What every index must do, so that what a simulation finds on a dictionary holds for FASTER.</summary>
public abstract class BookIndexContract : IDisposable
{
    private IBookIndex? _index;

    internal IBookIndex Index => _index ??= Create();

    internal abstract IBookIndex Create();

    public virtual void Dispose() => _index?.Dispose();

    [Fact]
    public void Get_WhatWasNeverPut_FindsNothing()
    {
        Assert.False(Index.TryGetClaim(Key(1), out _));
        Assert.False(Index.TryGetBook(Key(1), out _));
    }

    [Fact]
    public void Get_AfterPut_FindsItWithEveryReader()
    {
        IBookReader before = Index.RentReader();
        Index.PutClaim(Key(1), new ClaimEntry(1, 2, 3, 4));
        Index.PutBook(Key(1), BookEntry.Accepted(4096));
        IBookReader after = Index.RentReader();
        foreach (IBookReader reader in new[] { before, after, Index })
        {
            Assert.True(reader.TryGetClaim(Key(1), out ClaimEntry claim));
            Assert.Equal(new ClaimEntry(1, 2, 3, 4), claim);
            Assert.True(reader.TryGetBook(Key(1), out BookEntry entry));
            Assert.Equal((4096, false), (entry.AcceptedAddress, entry.IsFinal));
            Assert.False(reader.TryGetBook(Key(2), out _));
        }
        Index.ReturnReader(before);
        Index.ReturnReader(after);
    }

    [Fact]
    public void Put_AResult_IsSeenWhole()
    {
        Index.PutBook(Key(1), BookEntry.Accepted(4096));
        Index.TryGetBook(Key(1), out BookEntry entry);
        Index.PutBook(Key(1), entry.WithResult(8192, TradeStatus.Cancelled, 1_789_000_000_123));
        Index.TryGetBook(Key(1), out BookEntry final);
        Assert.Equal((4096, 8192, TradeStatus.Cancelled, 1_789_000_000_123), (final.AcceptedAddress, final.ResultAddress, final.Status, final.FinalAtMs));
    }

    [Fact]
    public void Put_AnotherClaimOrPointer_ReplacesTheFirst()
    {
        Index.PutClaim(Key(1), new ClaimEntry(1, 7, 3, 4));
        Index.PutClaim(Key(1), new ClaimEntry(9, 7, 5, 6));
        Index.PutBook(Key(1), BookEntry.Pointer(new TradeNo(1, 7)));
        Index.PutBook(Key(1), BookEntry.Pointer(new TradeNo(9, 7)));
        Index.TryGetClaim(Key(1), out ClaimEntry claim);
        Index.TryGetBook(Key(1), out BookEntry pointer);
        Assert.Equal(new ClaimEntry(9, 7, 5, 6), claim);
        Assert.Equal(new TradeNo(9, 7), pointer.TradeNo);
    }

    [Fact]
    public void Get_AmongTwoHundredThousand_FindsEachAsItWasPutLast()
    {
        // 9.6 MB of book in 2 MiB of memory: most of these are on disk when they are read, and half were changed since.
        const int Trades = 200_000;
        for (int i = 1; i <= Trades; i++)
        {
            Index.PutBook(Key(i), BookEntry.Accepted(i * 8L));
            if (i > 1000 && i % 2 == 0)
            {
                Index.TryGetBook(Key(i - 1000), out BookEntry entry);
                Index.PutBook(Key(i - 1000), entry.WithResult(i * 8L, TradeStatus.Success, i));
            }
        }
        for (int i = 1; i <= Trades; i += 7)
        {
            Assert.True(Index.TryGetBook(Key(i), out BookEntry entry));
            bool isFinal = i % 2 == 0 && i <= Trades - 1000;
            Assert.Equal((i * 8L, isFinal), (entry.AcceptedAddress, entry.IsFinal));
        }
    }

    private static IndexKey Key(int number) => IndexKey.Trade(new TradeNo((ulong)number, 7));
}
