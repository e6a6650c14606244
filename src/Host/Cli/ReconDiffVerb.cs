using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using HotPath.Core.Model;
using HotPath.Core.Recon;
using HotPath.Host.Client;

namespace HotPath.Host.Cli;

/// <summary>
/// <c>hotpath recon diff FILE GATEWAY_FILE</c>: offline. A line for each difference on stdout, then the result; exit 0 balanced, 1 differences, 2 a file that
/// cannot be compared.
/// </summary>
internal static partial class ReconDiffVerb
{
    internal static Command Create(TextWriter output)
    {
        var file = new Argument<string>("FILE") { Description = "your own list, CSV with a header: trade_no and/or out_trade_no (refund_id, refund_no), amount, currency" };
        var gateway = new Argument<string>("GATEWAY_FILE") { Description = "HP_<inst>_<date>_<TRADE|REFUND>.csv, as recon download fetched it" };
        var into = new Option<string>("--out") { Description = "where the result goes, for recon upload" };
        var inst = new Option<string>("--inst") { Description = "refuses a file of another institution" };
        var verb = new Command("diff", "Compare your list with the gateway's file, and write the result to send") { file, gateway, into, inst };
        verb.SetAction(async (parsed, _) =>
        {
            string ours = parsed.GetRequiredValue(gateway);
            Match name = FileName().Match(Path.GetFileName(ours));
            if (!name.Success || (parsed.GetValue(inst) is { } wanted && wanted != name.Groups["inst"].Value))
            {
                throw new UsageException($"{ours} is not named HP_{parsed.GetValue(inst) ?? "<inst>"}_<date>_<TRADE|REFUND>.csv");
            }
            ReconType type = name.Groups["type"].Value == "TRADE" ? ReconType.Trade : ReconType.Refund;
            ReconDiffResult result = Compare(parsed.GetRequiredValue(file), ours, type);
            foreach (ReconDifference one in result.DiffList)
            {
                await output.WriteLineAsync(JsonSerializer.Serialize(one, ReconDiffJson.Lines.ReconDifference));
            }
            await output.WriteLineAsync($"recon_result {result.ReconResult}: {result.TotalCount} rows, {result.DiffCount} differences, {result.DiffList.Count} of them listed");
            if (parsed.GetValue(into) is { } path)
            {
                await File.WriteAllBytesAsync(path, Upload(result, name, type).ToJson(), CancellationToken.None);
            }
            return result.DiffCount == 0 ? ExitCodes.Done : ExitCodes.Refused;
        });
        return verb;
    }

    private static ReconDiffResult Compare(string list, string gateway, ReconType type)
    {
        string scratch = Path.Combine(Path.GetTempPath(), $"hotpath-recon-{Guid.NewGuid():N}");
        try
        {
            using FileStream theirs = File.OpenRead(list);
            using FileStream ours = File.OpenRead(gateway);
            return ReconDiff.Compare(theirs, ours, type, scratch);
        }
        catch (Exception failure) when (failure is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new UsageException(failure.Message, failure);
        }
    }

    // What is sent beside the common members; upload adds these.
    private static SignedMessage Upload(ReconDiffResult result, Match name, ReconType type) => new(new Dictionary<string, string>
    {
        ["settle_date"] = name.Groups["date"].Value,
        ["recon_type"] = type == ReconType.Trade ? "01" : "02",
        ["recon_result"] = result.ReconResult,
        ["total_count"] = result.TotalCount.ToString(CultureInfo.InvariantCulture),
        ["amount_summary"] = result.AmountSummary,
        ["file_hash"] = result.FileHash,
        ["diff_count"] = result.DiffCount.ToString(CultureInfo.InvariantCulture),
        ["diff_list"] = JsonSerializer.Serialize(result.DiffList, ReconDiffJson.Lines.IReadOnlyListReconDifference),
    });

    [GeneratedRegex(@"^HP_(?<inst>[A-Za-z0-9]{1,32})_(?<date>[0-9]{8})_(?<type>TRADE|REFUND)\.csv\z")]
    private static partial Regex FileName();
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ReconDifference))]
[JsonSerializable(typeof(IReadOnlyList<ReconDifference>))]
internal sealed partial class ReconDiffJson : JsonSerializerContext
{
    // One line each, and as the wire has it.
    internal static ReconDiffJson Lines { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
