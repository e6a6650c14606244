namespace HotPath.Core.Model;

/// <summary>Which way a payment crosses the border: by the region of the institution that sends it (3.2.1, 3.2.2; protocol, section 6).</summary>
public enum Direction : byte
{
    /// <summary>主扫: a domestic institution's user pays an overseas code.</summary>
    Outbound = 0,

    /// <summary>被扫: an overseas institution's user pays a domestic code.</summary>
    Inbound = 1,
}
