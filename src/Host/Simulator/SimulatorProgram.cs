using System.Globalization;

namespace HotPath.Host.Simulator;

/// <summary>The simulator as a process of its own: the body of <c>hotpath simulator</c>.</summary>
internal static class SimulatorProgram
{
    /// <summary>Serves until <paramref name="stop"/>. Prints one line when it can be called, and before that where it speaks ISO 8583, if it does.</summary>
    internal static async Task RunAsync(SimulatorOptions options, TimeProvider clock, TextWriter output, CancellationToken stop)
    {
        await using ClearingSimulator simulator = await ClearingSimulator.StartAsync(options, clock, stop);
        string address = simulator.BaseAddress.GetLeftPart(UriPartial.Authority);
        if (simulator.Iso8583Address is { } iso8583)
        {
            await output.WriteLineAsync($"hotpath simulator iso8583 {iso8583.GetLeftPart(UriPartial.Authority)}");
        }
        await output.WriteLineAsync(
            string.Create(CultureInfo.InvariantCulture, $"hotpath simulator ready {address} pid {Environment.ProcessId}"));
        await output.FlushAsync(CancellationToken.None);
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (stop.Register(stopped.SetResult))
        {
            await stopped.Task;
        }
    }
}
