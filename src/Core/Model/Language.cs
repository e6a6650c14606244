namespace HotPath.Core.Model;

/// <summary>The language of resp_msg, as the institution is registered. Recorded with a final answer, since it is part of what was signed.</summary>
public enum Language : byte
{
    Chinese = 0,
    English = 1,
}
