using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using HotPath.Core.DayFiles;
using HotPath.Core.Model;
using HotPath.Core.Recon;

namespace HotPath.Host.Admin;

/// <summary>
/// The operators' hand on reconciliation files: <c>POST /recon/build?date=yyyyMMdd[&amp;inst=ID]</c> builds a day's files now, <c>GET /recon/build?run=N</c> says
/// how far it is.
/// </summary>
internal sealed class ReconEndpoint
{
    /// <summary>Where it is.</summary>
    internal const string Root = "/recon/build";

    // People ask for one at a time, a script perhaps for a month.
    private const int MostRuns = 100;

    private readonly List<ReconRun> _runs = [];
    private volatile Reconciliation? _recon;

    /// <summary>From now on there is somebody to ask.</summary>
    internal void Open(Reconciliation recon) => _recon = recon;

    internal Task HandleAsync(HttpContext context) => OperatorRequest.ServeAsync(context, "application/json", request => Task.FromResult(Answer(request)));

    private (int Status, string Text) Answer(HttpRequest request)
    {
        if (_recon is not { } recon)
        {
            return (StatusCodes.Status503ServiceUnavailable, "starting\n");
        }
        return request.Method switch
        {
            "POST" => Begin(recon, request.Query),
            "GET" => Show(request.Query),
            _ => (StatusCodes.Status405MethodNotAllowed, ""),
        };
    }

    private (int Status, string Text) Begin(Reconciliation recon, IQueryCollection query)
    {
        string inst = query["inst"].ToString();
        if (!BeijingDay.TryParse(Encoding.UTF8.GetBytes(query["date"].ToString()), out BeijingDay day) ||
            inst.Length > InstId.MaxLength || !inst.All(char.IsAsciiLetterOrDigit))
        {
            return (StatusCodes.Status400BadRequest, "date is a day as yyyyMMdd, inst an institution's number\n");
        }
        lock (_runs)
        {
            // Before it begins: what is refused is not done.
            if (_runs.Count(run => !run.IsOver) == MostRuns)
            {
                return (StatusCodes.Status429TooManyRequests, $"{MostRuns} runs are under way\n");
            }
            try
            {
                if (recon.Build(day, inst.Length == 0 ? null : InstId.From(inst)) is not { } run)
                {
                    return (StatusCodes.Status409Conflict, $"{day} is not over yet, or not kept any more\n");
                }
                if (run.Files == 0)
                {
                    return (StatusCodes.Status404NotFound, $"there is no institution {inst}\n");
                }
                _runs.Add(run);
                return (StatusCodes.Status202Accepted, Text(_runs.Count, run));
            }
            catch (DayFilesDamagedException damage)
            {
                return (StatusCodes.Status503ServiceUnavailable, $"{damage.Message}\n");
            }
        }
    }

    private (int Status, string Text) Show(IQueryCollection query)
    {
        lock (_runs)
        {
            return int.TryParse(query["run"], NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= 1 && number <= _runs.Count
                ? (StatusCodes.Status200OK, Text(number, _runs[number - 1]))
                : (StatusCodes.Status404NotFound, "there is no such run since the start\n");
        }
    }

    private static string Text(int number, ReconRun run) => JsonSerializer.Serialize(
        new ReconRunState(number, run.Files, run.Built, run.Same, run.Differs, run.Failed, run.Done, run.InAll, run.IsOver), ReconRunJson.Default.ReconRunState) + "\n";
}

/// <summary>A run, as it is told.</summary>
/// <param name="Run">Its number since the start of the gateway, from 1.</param>
/// <param name="Files">How many there are to build.</param>
/// <param name="Built">Finished, and were not before.</param>
/// <param name="Same">Were finished before, and are the same again.</param>
/// <param name="Differs">Were finished before, and would be others now.</param>
/// <param name="Failed">Could not be built.</param>
/// <param name="Done">Work done so far.</param>
/// <param name="InAll">Work to do, in the same unit.</param>
/// <param name="Over">Nothing is left to do.</param>
internal sealed record ReconRunState(int Run, int Files, int Built, int Same, int Differs, int Failed, long Done, long InAll, bool Over);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ReconRunState))]
internal sealed partial class ReconRunJson : JsonSerializerContext;
