using HotPath.Core.Model;

namespace HotPath.Core.Recon;

/// <summary>What an institution says about one of its files, read.</summary>
internal sealed record UploadedResult
{
    internal required ReconFileName File { get; init; }

    /// <summary>None: 01 平账.</summary>
    internal required DiffType Result { get; init; }

    internal required long TotalCount { get; init; }

    internal required CurrencySums Sums { get; init; }

    internal required string FileHash { get; init; }

    internal required long DiffCount { get; init; }

    internal required IReadOnlyList<Difference> Differences { get; init; }

    /// <summary>More differences than a list can hold: it has the first of them.</summary>
    internal bool IsCutShort => DiffCount > Differences.Count;
}

/// <summary>Whether an uploaded result contradicts itself, or the file that it is about (C003). What passes is a statement that can be true.</summary>
internal static class UploadCheck
{
    /// <summary>None, or the member that cannot be. Needs no file.</summary>
    internal static Rejection Check(UploadedResult upload)
    {
        bool isBalanced = upload.Result == DiffType.None;
        if (isBalanced != (upload.DiffCount == 0))
        {
            return Illegal(Member.ReconResult);
        }
        if (upload.TotalCount != upload.Sums.Count)
        {
            return Illegal(Member.TotalCount);
        }
        // All of them are listed, or as many as a list holds.
        if (upload.DiffCount != upload.Differences.Count && (upload.DiffCount < DifferenceList.Most || upload.Differences.Count != DifferenceList.Most))
        {
            return Illegal(Member.DiffCount);
        }
        // 02 and 03 say what all differences are; 04 is everything else.
        bool isAsItSays = upload.Result is DiffType.None or DiffType.Unequal || upload.Differences.All(one => one.Type == upload.Result);
        return isAsItSays ? default : Illegal(Member.DiffList);
    }

    /// <summary>None, or the member that does not follow from the file and the differences.</summary>
    internal static Rejection CheckAgainst(UploadedResult upload, ReconFileFacts file)
    {
        if (upload.FileHash != file.Sha256)
        {
            return Illegal(Member.FileHash);
        }
        if (upload.IsCutShort)
        {
            return default;
        }
        CurrencySums expected = AmountSummary.Parse(file.AmountSummary);
        foreach (Difference one in upload.Differences)
        {
            int count = one.Type switch { DiffType.OursIsMissing => 1, DiffType.TheirsIsMissing => -1, _ => 0 };
            expected.Add(one.Currency, count, (Int128)one.InstAmount - one.GwAmount);
        }
        if (upload.TotalCount != expected.Count)
        {
            return Illegal(Member.TotalCount);
        }
        return upload.Sums.Equal(expected) ? default : Illegal(Member.AmountSummary);
    }

    private static Rejection Illegal(Member member) => new(RespCode.MemberIllegal, member);
}
