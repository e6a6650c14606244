namespace HotPath.Core.Telemetry;

public sealed partial class GatewayMetrics
{
    /// <summary>Why a call was refused whose refusal costs a budget, for the label <c>cause</c>.</summary>
    public enum RefusalCause
    {
        /// <summary>Not of the form of a request, or not signed by a registered institution (C, D001).</summary>
        Stranger,
        NotReady,

        /// <summary>The institution is not registered for this interface (D003).</summary>
        NotPermitted,

        /// <summary>Its req_id is known with other content (C004).</summary>
        ReqIdReused,

        /// <summary>req_time is too far off (D002).</summary>
        Expired,

        /// <summary>The institution is above its configured ceiling (D004).</summary>
        Ceiling,

        /// <summary>The machine is overloaded and the institution above its guarantee (A001).</summary>
        Overload,
        ChannelCapacity,
        LedgerCapacity,

        /// <summary>Every buffer for bodies above 16 KiB is in use (429).</summary>
        BodyCapacity,

        /// <summary>Too little room on the disk (A001).</summary>
        DiskFull,

        /// <summary>Commits take too long (A001).</summary>
        DiskSlow,
    }
}
