namespace HotPath.Core.Model;

/// <summary>Why a call is not served, as a value. <c>default</c> means that nothing is wrong.</summary>
/// <param name="Code">The code that answers it; None = 0.</param>
/// <param name="Member">The member at fault, where one is.</param>
public readonly record struct Rejection(RespCode Code, Member Member)
{
    public bool IsRefusal => Code != RespCode.None;

    public static Rejection Of(RespCode code) => new(code, Member.None);
}
