using System.Globalization;

namespace HotPath.Host.Simulator;

/// <summary>The simulator as a process of its own: the body of <c>hotpath simulator</c>.</summary>
internal static class SimulatorProgram
{
    /// <summary>Serves until <paramref name="stop"/>. Prints one line when it can be called.</summary>
    internal static async Task RunAsync(SimulatorOptions options, TimeProvider clock, TextWriter output, CancellationToken stop)
    {
        await using ClearingSimulator simulator = await ClearingSimulator.StartAsync(options, clock, stop);
        string address = simulator.BaseAddress.GetLeftPart(UriPartial.Authority);
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
