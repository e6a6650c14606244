using System.Collections.Concurrent;
using System.Text;
using HotPath.LoadTest.Commands;
using HotPath.LoadTest.Packing;
using HotPath.LoadTest.Running;
using HotPath.LoadTest.Wire;
using NBomber.Contracts;
using NBomber.CSharp;

// Usage: <data directory> <https://host:port/api> <payments a second> <seconds>
if (args is not [var data, var url, var rateText, var secondsText] || !int.TryParse(rateText, out int rate) || !int.TryParse(secondsText, out int seconds))
{
    Console.Error.WriteLine("usage: <data directory> <url> <payments a second> <seconds>");
    return 2;
}

var sandbox = Sandbox.Open(data, new Uri(url), ["CN000001"]);
Pack pack = PackCommand.MakeWithProgress(new PackOptions { DataDirectory = data, Count = rate * (seconds + 1) });
var idle = new ConcurrentBag<GatewayConnection>();
int next = -1;

ScenarioProps pay = Scenario.Create("scan_pay", async context =>
    {
        int index = Interlocked.Increment(ref next);
        if (index >= pack.Count)
        {
            return Response.Fail(statusCode: "pack used up");
        }
        GatewayConnection connection = idle.TryTake(out GatewayConnection? free) ? free : new GatewayConnection(sandbox.Endpoint);
        try
        {
            HttpAnswer answer = await connection.ExchangeAsync(pack.Memory(index));
            string code = answer.Status == 200
                ? Encoding.ASCII.GetString(SignedAnswer.Peek(answer.Body.Span, "\"resp_code\":\""u8))
                : $"HTTP {answer.Status}";
            int size = answer.Body.Length;
            return code is "0000" or "0001" ? Response.Ok(statusCode: code, sizeBytes: size) : Response.Fail(statusCode: code, sizeBytes: size);
        }
        catch (IOException)
        {
            return Response.Fail(statusCode: "no answer");
        }
        finally
        {
            idle.Add(connection);
        }
    })
    .WithoutWarmUp()
    .WithLoadSimulations(Simulation.Inject(rate: rate, interval: TimeSpan.FromSeconds(1), during: TimeSpan.FromSeconds(seconds)));

NBomberRunner.RegisterScenarios(pay).Run();
return 0;
