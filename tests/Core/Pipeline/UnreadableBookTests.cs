using System.Reflection;
using HotPath.Core.Auth;
using HotPath.Core.Clearing;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Operations;
using HotPath.Core.Pipeline;
using HotPath.Core.Routing;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using HotPath.Signing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.Pipeline;

/// <summary>A start with much to look up, on a disk that cannot be read for a while.</summary>
public sealed class UnreadableBookTests : IDisposable
{
    private const int Numbers = 500;

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 9, 19, 2, 30, 0, TimeSpan.Zero));
    private readonly HeardLogs _logs = new();

    public void Dispose() => _logs.Dispose();

    /// <summary>A line for each, five times a second, would be thousands of lines a second for as long as it lasts.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ReadsThatFail_AreToldNowAndThen_NotOnceForEachThatIsToBeRead_AndNobodyIsLost(bool wereReversed)
    {
        TradeNo[] numbers = [.. Enumerable.Range(0, Numbers).Select(_ => Payments().TradeNo)];
        (ILedger ledger, Book book) = Book.Of(wereReversed ? [] : numbers, wereReversed ? numbers : []);
        using PendingResolver resolver = Resolver(ledger);
        book.IsReadable = false;
        await resolver.StartAsync();

        Pass(TimeSpan.FromMinutes(1));
        Assert.InRange(_logs.Of(LogLevel.Error, 203).Length, 1, 60);

        book.IsReadable = true;
        Pass(TimeSpan.FromMinutes(15));
        Assert.Equal(numbers.Order(), book.Read.Distinct().Order());
    }

    private static ClearingReference Payments() => Clearing.Payments.NewReference();

    private void Pass(TimeSpan time)
    {
        for (TimeSpan step = TimeSpan.FromMilliseconds(200); time > TimeSpan.Zero; time -= step)
        {
            _clock.Advance(step);
        }
    }

    private PendingResolver Resolver(ILedger ledger)
    {
        var metrics = new GatewayMetrics("test");
        var channel = new Channel(new ChannelOptions { Id = "told" }, new ToldChannel(), Clearing.InlineScheduler.Instance, _clock, metrics);
        var router = new Router([new Route { Channel = channel, Currencies = new HashSet<Currency> { Currency.Parse("HKD") } }]);
        var keys = new GatewayKeys(PemKeys.ReadPrivate("gw-1", PemKeys.Generate().PrivatePem));
        return new PendingResolver(
            ledger, router, new InstitutionDirectory([]), new AnswerSigner(keys, ledger, _clock), new TradeWaiters(Clearing.InlineScheduler.Instance, _clock),
            new Disagreements(metrics, _logs.CreateLogger<Disagreements>()), new AnswerBudget(new PipelineOptions(), _clock), metrics, Clearing.InlineScheduler.Instance, _clock, _logs.CreateLogger<PendingResolver>());
    }

    /// <summary>Has trades that were reversed, or are PENDING, and none of them when it is read: which it cannot be all the time.</summary>
    // Public, and not sealed: a proxy's class is derived from it.
    public class Book : DispatchProxy
    {
        private IReadOnlyList<TradeNo> _pending = [];
        private IReadOnlyList<TradeNo> _reversed = [];
        private object? _cancels;
        private object? _surpluses;

        internal bool IsReadable { get; set; } = true;

        internal List<TradeNo> Read { get; } = [];

        internal static (ILedger Ledger, Book Book) Of(IReadOnlyList<TradeNo> pending, IReadOnlyList<TradeNo> reversed)
        {
            ILedger ledger = Create<ILedger, Book>();
            var book = (Book)(object)ledger;
            book._pending = pending;
            ICancelBook cancels = Create<ICancelBook, Book>();
            ISurplusBook surpluses = Create<ISurplusBook, Book>();
            ((Book)(object)surpluses)._reversed = reversed;
            (book._cancels, book._surpluses) = (cancels, surpluses);
            return (ledger, book);
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name switch
        {
            "get_Cancels" => _cancels,
            "get_Surpluses" => _surpluses,
            nameof(ILedger.PendingAsync) => new ValueTask<IReadOnlyList<TradeNo>>(_pending),
            nameof(ILedger.PendingRefundsAsync) => new ValueTask<IReadOnlyList<TradeNo>>([]),
            nameof(ISurplusBook.ReversedAsync) => new ValueTask<IReadOnlyList<TradeNo>>(_reversed),
            nameof(ILedger.FindRefundAsync) => new ValueTask<bool>(false),
            nameof(ILedger.FindAsync) => new ValueTask<bool>(IsThere((TradeNo)args![0]!)),
            _ => null,
        };

        private bool IsThere(TradeNo number)
        {
            if (!IsReadable)
            {
                throw new IOException("the disk");
            }
            Read.Add(number);
            return false;
        }
    }
}
