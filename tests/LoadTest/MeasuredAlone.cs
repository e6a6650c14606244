using Xunit;

namespace HotPath.LoadTest.Tests;

/// <summary>Tests that measure real time: not beside those that start gateways and load them.</summary>
[CollectionDefinition(nameof(MeasuredAlone), DisableParallelization = true)]
public sealed class MeasuredAlone;
