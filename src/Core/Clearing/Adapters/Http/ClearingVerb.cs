namespace HotPath.Core.Clearing.Adapters.Http;

/// <summary>What a channel is asked for. Decides which results its answer may hold.</summary>
internal enum ClearingVerb : byte
{
    Pay = 0,
    Inquire,
    Reverse,
    Refund,
}
