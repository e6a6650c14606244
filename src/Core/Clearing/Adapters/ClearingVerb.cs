namespace HotPath.Core.Clearing.Adapters;

/// <summary>What a channel is asked for. Decides which results its answer may hold.</summary>
internal enum ClearingVerb : byte
{
    Pay = 0,
    Inquire,
    Reverse,
    Refund,

    /// <summary>A sign of life, where the channel's protocol has a message for that.</summary>
    Echo,
}
