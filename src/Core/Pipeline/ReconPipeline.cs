using System.Globalization;
using System.Text;
using System.Text.Json;
using HotPath.Core.Admission;
using HotPath.Core.Auth;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Operations;
using HotPath.Core.Recon;
using HotPath.Core.Telemetry;
using HotPath.Core.Wire;
using Microsoft.Extensions.Logging;

namespace HotPath.Core.Pipeline;

/// <summary>RECON_DOWNLOAD and RECON_UPLOAD (2.5) from step 6 of the corridor on: no channel, no claim in the journal; see docs/decisions/0020.</summary>
public sealed partial class ReconPipeline(Reconciliation recon, ILedger ledger, AnswerSigner signer, AnswerDesk desk)
{
    // The specification allows 10 s (6.1). A file that takes longer than this to build is told as not ready, and is on its way.
    private static readonly TimeSpan BuildWait = TimeSpan.FromSeconds(5);

    private readonly DifferenceCheck _check = new(ledger);

    /// <summary>What is known of the request's req_id as an upload's; the recorded answer is in the slot where it is one's repetition.</summary>
    internal ReqIdState Recall(RequestSlot slot, Institution institution, in Digest fingerprint)
    {
        ReqIdState state = recon.Uploads.Recall(institution.InstId, slot[Member.ReqId], fingerprint, out ReadOnlyMemory<byte> answer);
        if (state == ReqIdState.Replay)
        {
            slot.Answer.Restore(answer.Span);
        }
        return state;
    }

    internal async ValueTask DownloadAsync(RequestSlot slot, Institution institution, Admittance admittance)
    {
        if (AddressOf(slot) is not { } address)
        {
            desk.RefuseWithinBudget(slot, institution, RespCode.ServiceUnavailable, GatewayMetrics.RefusalCause.NotReady);
            return;
        }
        ReconFileName name = NameOf(slot, institution);
        (RespCode code, ReconFileFacts? facts) = await FindAsync(name, admittance).ConfigureAwait(false);
        if (facts is null)
        {
            Refuse(slot, institution, code);
            return;
        }
        string url = new Uri(address, "/files/" + recon.Tokens.Issue(name)).AbsoluteUri;
        var answer = new ReconAnswer
        {
            FileName = Encoding.ASCII.GetBytes(name.ToString()),
            RecordCount = Encoding.ASCII.GetBytes(facts.RecordCount.ToString(CultureInfo.InvariantCulture)),
            AmountSummary = Encoding.ASCII.GetBytes(facts.AmountSummary),
            HashValue = Encoding.ASCII.GetBytes(facts.Sha256),
            DownloadUrl = Encoding.ASCII.GetBytes(url),
        };
        signer.Show(slot, institution, answer);
        desk.TellDone(slot);
    }

    internal async ValueTask UploadAsync(RequestSlot slot, Institution institution, Admittance admittance, Digest fingerprint)
    {
        Rejection rejection = ReadUpload(slot, institution, out UploadedResult upload);
        if (rejection.IsRefusal)
        {
            desk.Refuse(slot, rejection, institution);
            return;
        }
        (RespCode code, ReconFileFacts? facts) = await FindAsync(upload.File, admittance).ConfigureAwait(false);
        if (facts is null)
        {
            Refuse(slot, institution, code);
            return;
        }
        rejection = UploadCheck.CheckAgainst(upload, facts);
        if (rejection.IsRefusal)
        {
            desk.Refuse(slot, rejection, institution);
            return;
        }
        if (await CheckAsync(upload).ConfigureAwait(false) is not { } checks)
        {
            Refuse(slot, institution, RespCode.ServiceUnavailable);
            return;
        }
        using UploadBook.Turn turn = await recon.Uploads.EnterAsync().ConfigureAwait(false);
        switch (Recall(slot, institution, fingerprint))
        {
            case ReqIdState.Replay:
                desk.Repeat(slot);
                return;
            case ReqIdState.OtherContent:
                desk.Refuse(slot, Rejection.Of(RespCode.ReqIdReused), institution);
                return;
        }
        try
        {
            Keep(slot, institution, fingerprint, upload, checks);
        }
        catch (IOException failure)
        {
            LogNotKept(recon.Logger, failure, upload.File);
            desk.RefuseWithinBudget(slot, institution, RespCode.SystemBusy, GatewayMetrics.RefusalCause.DiskFull);
        }
    }

    /// <exception cref="IOException">The disk: nothing was kept.</exception>
    private void Keep(RequestSlot slot, Institution institution, in Digest fingerprint, UploadedResult upload, DiffCheck[] checks)
    {
        int version = recon.Uploads.Versions(upload.File) + 1;
        if (version > UploadBook.MostVersions)
        {
            desk.RefuseWithinBudget(slot, institution, RespCode.RateExceeded, GatewayMetrics.RefusalCause.Ceiling);
            return;
        }
        string reconId = ledger.NextNo().ToString();
        string told = JsonSerializer.Serialize(Array.ConvertAll(checks, DiffChecks.Name));
        signer.Show(slot, institution, new ReconAnswer { ReconId = Encoding.ASCII.GetBytes(reconId), DiffCheck = Encoding.ASCII.GetBytes(told) });
        Span<byte> digest = stackalloc byte[Digest.Length];
        fingerprint.Write(digest);
        var stored = new StoredUpload
        {
            ReconId = reconId,
            InstId = institution.InstId.ToString(),
            ReqId = Text(slot, Member.ReqId),
            Fingerprint = Convert.ToHexStringLower(digest),
            Version = version,
            SettleDate = Text(slot, Member.SettleDate),
            ReconType = Text(slot, Member.ReconType),
            ReconResult = Text(slot, Member.ReconResult),
            TotalCount = Text(slot, Member.TotalCount),
            AmountSummary = Text(slot, Member.AmountSummary),
            FileHash = upload.FileHash,
            DiffCount = Text(slot, Member.DiffCount),
            DiffList = slot.Has(Member.DiffList) ? Text(slot, Member.DiffList) : null,
            DiffCheck = told,
            Answer = Encoding.UTF8.GetString(slot.Answer.Json.Span),
        };
        recon.Uploads.Add(upload.File, stored);
        Count(upload, stored, checks);
        desk.TellDone(slot);
    }

    private void Count(UploadedResult upload, StoredUpload stored, DiffCheck[] checks)
    {
        recon.Metrics.Uploaded(stored.ReconType, stored.ReconResult);
        for (int i = 0; i < checks.Length; i++)
        {
            recon.Metrics.Differed(((int)upload.Differences[i].Type).ToString("D2", CultureInfo.InvariantCulture), DiffChecks.Name(checks[i]));
        }
        if (upload.Result != DiffType.None)
        {
            int refuted = checks.Count(check => check == DiffCheck.Refuted);
            LogDifferences(recon.Logger, upload.File, stored.ReconResult, upload.DiffCount, refuted, stored.ReconId, stored.Version);
        }
    }

    // C002 of any member before C003 of any, each in the table's order.
    private static Rejection ReadUpload(RequestSlot slot, Institution institution, out UploadedResult upload)
    {
        RespCode ofSums = AmountSummary.TryParse(slot[Member.AmountSummary], out CurrencySums sums);
        RespCode ofList = DifferenceList.TryParse(slot.Has(Member.DiffList) ? slot[Member.DiffList] : "[]"u8, out DifferenceList list);
        upload = new UploadedResult
        {
            File = NameOf(slot, institution),
            Result = slot[Member.ReconResult][1] == '1' ? DiffType.None : (DiffType)(slot[Member.ReconResult][1] - '0'),
            TotalCount = Number(slot, Member.TotalCount),
            Sums = sums,
            FileHash = Text(slot, Member.FileHash),
            DiffCount = Number(slot, Member.DiffCount),
            Differences = list.Rows,
        };
        foreach (RespCode code in (ReadOnlySpan<RespCode>)[RespCode.MemberMalformed, RespCode.MemberIllegal])
        {
            if (ofSums == code)
            {
                return new Rejection(code, Member.AmountSummary);
            }
            if (ofList == code)
            {
                return new Rejection(code, Member.DiffList);
            }
        }
        return UploadCheck.Check(upload);
    }

    private async ValueTask<(RespCode Code, ReconFileFacts? Facts)> FindAsync(ReconFileName name, Admittance admittance)
    {
        RespCode code = recon.MayBeAsked(name.Day);
        try
        {
            // Somebody else builds it.
            using Admittance.Aside aside = admittance.StepAside();
            return code != RespCode.None ? (code, null) : (RespCode.ReconNotReady, await recon.Builder.GetAsync(name, BuildWait).ConfigureAwait(false));
        }
        catch (IOException failure)
        {
            LogNotRead(recon.Logger, failure, name);
            return (RespCode.ServiceUnavailable, null);
        }
    }

    // Null when the file, which was there a moment ago, cannot be read.
    private async ValueTask<DiffCheck[]?> CheckAsync(UploadedResult upload)
    {
        try
        {
            using FileNumbers numbers = recon.NumbersOf(upload.File);
            return await _check.RunAsync(upload.File, numbers, upload.Differences).ConfigureAwait(false);
        }
        catch (IOException failure)
        {
            LogNotRead(recon.Logger, failure, upload.File);
            return null;
        }
    }

    // Why there is no file: never any more, not yet, or the disk does not give it.
    private void Refuse(RequestSlot slot, Institution institution, RespCode code)
    {
        if (code == RespCode.ServiceUnavailable)
        {
            desk.RefuseWithinBudget(slot, institution, code, GatewayMetrics.RefusalCause.NotReady);
            return;
        }
        desk.Refuse(slot, new Rejection(code, code == RespCode.MemberIllegal ? Member.SettleDate : Member.None), institution);
    }

    private static ReconFileName NameOf(RequestSlot slot, Institution institution)
    {
        _ = BeijingDay.TryParse(slot[Member.SettleDate], out BeijingDay day);
        return new ReconFileName(institution.InstId, day, ReconTypes.Parse(slot[Member.ReconType]));
    }

    // What is configured, or the host that the caller named: the answer goes to nobody but him, and is signed. Only an authority comes of it, whatever it is.
    private Uri? AddressOf(RequestSlot slot) =>
        recon.PublicUrl ?? (Uri.TryCreate("https://" + slot.Host, UriKind.Absolute, out Uri? own) && own is { PathAndQuery: "/", Fragment: "", UserInfo: "" } ? own : null);

    private static string Text(RequestSlot slot, Member member) => Encoding.UTF8.GetString(slot[member]);

    private static long Number(RequestSlot slot, Member member) => long.Parse(slot[member], NumberStyles.None, CultureInfo.InvariantCulture);

    [LoggerMessage(EventId = 410, Level = LogLevel.Warning,
        Message = "{File}: the institution says {Result}, {Differences} differences, {Refuted} of those it lists refuted by the book; recon_id {ReconId}, version {Version}")]
    private static partial void LogDifferences(ILogger logger, ReconFileName file, string result, long differences, int refuted, string reconId, int version);

    [LoggerMessage(EventId = 412, Level = LogLevel.Error, Message = "{File} could not be read")]
    private static partial void LogNotRead(ILogger logger, Exception failure, ReconFileName file);

    [LoggerMessage(EventId = 411, Level = LogLevel.Error, Message = "a result about {File} could not be kept")]
    private static partial void LogNotKept(ILogger logger, Exception failure, ReconFileName file);
}
