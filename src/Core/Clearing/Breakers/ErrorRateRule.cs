using Polly;
using Polly.CircuitBreaker;

namespace HotPath.Core.Clearing.Breakers;

/// <summary>
/// The share of errors in a sliding window, counted by Polly's circuit breaker. Outcomes are told to it when calls have ended: it never wraps a
/// call, so that none of its states can refuse one, and no late outcome can move them.
/// </summary>
internal sealed class ErrorRateRule
{
    // Polly breaks at the ratio, the specification over it. The smallest step of a ratio of n calls is 1/n: this is below any that occurs.
    private const double Over = 1e-9;

    // Polly's longest. It never matters: an open one is told nothing until it is closed by hand.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    private readonly CircuitBreakerManualControl _control = new();
    private readonly ResiliencePipeline<bool> _window;
    private bool _isBroken;

    internal ErrorRateRule(BreakerOptions options, TimeProvider steady)
    {
        _window = new ResiliencePipelineBuilder<bool> { TimeProvider = steady }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<bool>
            {
                FailureRatio = options.ErrorRatio + Over,
                SamplingDuration = options.Window,
                MinimumThroughput = options.FewestCalls,
                BreakDuration = Longest,
                ManualControl = _control,
                ShouldHandle = static arguments => new ValueTask<bool>(!arguments.Outcome.Result),
                OnOpened = _ =>
                {
                    _isBroken = true;
                    return default;
                },
            })
            .Build();
    }

    /// <summary>A call has ended. True: the share is over the limit now. One caller at a time.</summary>
    internal bool IsBrokenBy(bool isError)
    {
        _window.Execute(static ok => ok, !isError);
        return _isBroken;
    }

    /// <summary>Forgets everything. One caller at a time.</summary>
    internal void Reset()
    {
        _isBroken = false;
        // Completes at once: nobody is asked on closing.
        _control.CloseAsync().GetAwaiter().GetResult();
    }
}
