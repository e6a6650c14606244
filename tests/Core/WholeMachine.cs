using Xunit;

namespace HotPath.Core.Tests;

/// <summary>Tests that take every core for seconds: not beside those that count allocations or wait for a thread.</summary>
[CollectionDefinition(nameof(WholeMachine), DisableParallelization = true)]
public sealed class WholeMachine;
