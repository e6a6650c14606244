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
    private readonly CircuitBreakerStateProvider _state = new();
    private readonly ResiliencePipeline<bool> _window;

    internal ErrorRateRule(BreakerOptions options, TimeProvider steady)
    {
        // Nobody is called on opening: Polly does that on another thread and waits for it, here under the breaker's lock, in which every payment ends.
        _window = new ResiliencePipelineBuilder<bool> { TimeProvider = steady }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<bool>
            {
                FailureRatio = options.ErrorRatio + Over,
                SamplingDuration = options.Window,
                MinimumThroughput = options.FewestCalls,
                BreakDuration = Longest,
                ManualControl = _control,
                StateProvider = _state,
                ShouldHandle = static arguments => new ValueTask<bool>(!arguments.Outcome.Result),
            })
            .Build();
    }

    /// <summary>A call has ended. True: the share is over the limit now. One caller at a time.</summary>
    internal bool IsBrokenBy(bool isError)
    {
        _window.Execute(static ok => ok, !isError);
        return _state.CircuitState == CircuitState.Open;
    }

    /// <summary>Forgets everything. One caller at a time.</summary>
    // Completes at once: nobody is called on closing either.
    internal void Reset() => _control.CloseAsync().GetAwaiter().GetResult();
}
