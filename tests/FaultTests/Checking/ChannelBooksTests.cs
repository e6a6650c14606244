using HotPath.Core.Clearing;
using HotPath.Core.Model;
using HotPath.Faults.Checking;
using HotPath.Faults.Processes;
using HotPath.Host.Simulator;
using Xunit;

namespace HotPath.Faults.Tests.Checking;

/// <summary>What the simulator writes, read as its contract describes it and by none of its code.</summary>
public sealed class ChannelBooksTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hotpath-books-").FullName;
    private uint _lastNumber;

    private string File => Path.Combine(_directory, "books.jsonl");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task SimulatorsBooks_TellPaymentsFromRefunds_AndWhatWentBack()
    {
        ClearingReference payment = Next(10_000);
        ClearingReference whole = Next(9_000) with { Original = payment.TradeNo };
        ClearingReference tooMuch = Next(1_001) with { Original = payment.TradeNo };
        ClearingReference stopped = Next(905) with { Original = payment.TradeNo };
        await using (var books = new Books(_directory, TimeSpan.FromSeconds(15), TimeProvider.System))
        {
            foreach (ClearingReference reference in new[] { payment, whole, tooMuch, stopped, whole })
            {
                await books.Receive(reference, TimeSpan.Zero).Written;
            }
            await books.Reverse(stopped).Written;
        }

        Dictionary<string, ChannelEntry> read = ChannelBooks.Read(File, 0).ToDictionary(entry => entry.TradeNo);

        Assert.Equal(4, read.Count);
        Assert.Equal((false, true, 1), Of(payment));
        Assert.Equal((true, true, 2), Of(whole));
        Assert.Equal((true, false, 1), Of(tooMuch));
        Assert.Equal((true, false, 1), Of(stopped));
        Assert.All(read.Values.Where(entry => entry.IsRefund), entry => Assert.Equal(payment.TradeNo.ToString(), entry.OriginalTradeNo));

        (bool IsRefund, bool IsExecuted, int Deliveries) Of(ClearingReference reference)
        {
            ChannelEntry entry = read[reference.TradeNo.ToString()];
            return (entry.IsRefund, entry.IsExecuted, entry.Deliveries);
        }
    }

    [Fact]
    public async Task BooksInWhichMoreWentBackThanWasPaid_AreCaught()
    {
        ClearingReference payment = Next(10_000);
        ClearingReference refund = Next(6_000) with { Original = payment.TradeNo };
        ClearingReference another = Next(6_000) with { Original = payment.TradeNo };
        await using (var books = new Books(_directory, TimeSpan.FromSeconds(15), TimeProvider.System))
        {
            await books.Receive(payment, TimeSpan.Zero).Written;
            await books.Receive(refund, TimeSpan.Zero).Written;
            await books.Receive(another, TimeSpan.Zero).Written;
        }
        Assert.DoesNotContain(Check(), broken => broken.Invariant == "I5");

        // As if the guard had let the last one through.
        string[] lines = await System.IO.File.ReadAllLinesAsync(File);
        Assert.Contains("\"executed\":false", lines[2], StringComparison.Ordinal);
        await System.IO.File.WriteAllLinesAsync(File, [lines[0], lines[1], lines[2].Replace("\"executed\":false", "\"executed\":true", StringComparison.Ordinal)]);

        Broken broken = Assert.Single(Check(), broken => broken.Invariant == "I5");
        Assert.Equal($"of trade {payment.TradeNo} 10000 was paid and 12000 given back, by {refund.TradeNo}, {another.TradeNo}", broken.Sentence);
    }

    private IReadOnlyList<Broken> Check() =>
        Checker.Check(new Evidence { Calls = [], Journal = [], Channel = ChannelBooks.Read(File, 0), IsSettled = true });

    private ClearingReference Next(long amountMinor) =>
        new(new TradeNo((1_772_337_600_000UL << TradeNo.CounterBits) | ++_lastNumber, 7), new Amount(amountMinor), Currency.Parse("CNY"));
}
