namespace HotPath.LoadTest.Scenarios;

/// <summary>One thing a scenario expects, and what it saw.</summary>
internal sealed record Finding(string Expected, string Seen, bool Holds)
{
    public override string ToString() => $"{(Holds ? "holds " : "BREACH")} {Expected}: {Seen}";
}
