using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace HotPath.Core.Model;

/// <summary>
/// How a trade came to its channel, in up to 128 ASCII characters that explain themselves when the route table has long been another: what was
/// chosen at each attempt, and what was not, with the reason. Held in place like <see cref="ShortText"/>; empty for trades from before it was kept.
/// <code>
///  trail    = ["+|"] attempt *("|" attempt)              +  earlier attempts had no room
///  attempt  = route ["/" channel] "@" table ["%" share] *("," rejected) ["," "+" count]
///  rejected = route ":" reason [share]                   reason: the letter of a RouteReason
/// </code>
/// route: 1 to 37 of <c>A-Za-z0-9_.-</c>; its channel is named where the route's name is neither the channel's nor that, a point and a place. table: 4 hexadecimal digits of the
/// table's hash. share: per cent of its chance among equals. <c>,+2</c>: two more that had no room.
/// </summary>
public struct RouteTrail
{
    /// <summary>Longest trail, in bytes.</summary>
    // One attempt at a table of four routes with names of ten letters takes 60; several attempts keep what was chosen and lose what was rejected.
    public const int MaxLength = 128;

    /// <summary>Longest name of a route, in characters: a channel's and a place, as a default name has it.</summary>
    public const int MaxRouteLength = 37;

    // ",+999": kept free while rejected routes are added, so that what has no room is at least counted.
    private const int CountBytes = 5;
    private const int MostCounted = 999;

    private Bytes _bytes;
    private byte _length;
    private short _left;

    /// <summary>The bytes, valid as long as this variable is where it is.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Text => MemoryMarshal.CreateReadOnlySpan(ref Unsafe.AsRef(in _bytes.First), _length);

    public readonly bool IsEmpty => _length == 0;

    /// <summary>Takes a whole trail over, as a record has it.</summary>
    /// <exception cref="ArgumentException">It is longer than <see cref="MaxLength"/>: no record of ours.</exception>
    public void Set(ReadOnlySpan<byte> text)
    {
        if (text.Length > MaxLength)
        {
            throw new ArgumentException($"{text.Length} bytes do not fit into {MaxLength}", nameof(text));
        }
        text.CopyTo(All);
        _length = (byte)text.Length;
        _left = 0;
    }

    /// <summary>An attempt begins: this route was chosen. What older attempts rejected gives way to it, and then the oldest attempts.</summary>
    /// <param name="route">Its name.</param>
    /// <param name="channel">Where it leads.</param>
    /// <param name="table">Of the table's hash.</param>
    /// <param name="share">Its chance among equals, in per cent; 0 where there were none.</param>
    public void Choose(ReadOnlySpan<byte> route, ReadOnlySpan<byte> channel, ushort table, int share)
    {
        bool isNamedByChannel = route.StartsWith(channel) && (route.Length == channel.Length || route[channel.Length] == '.');
        int length = route.Length + (isNamedByChannel ? 0 : 1 + channel.Length) + "@0000".Length + (share > 0 ? "%100".Length : 0);
        Debug.Assert(length + CountBytes + "+|".Length <= MaxLength, "names are shorter");
        MakeRoom(1 + length + CountBytes);
        if (_length > 0)
        {
            Add((byte)'|');
        }
        Add(route);
        if (!isNamedByChannel)
        {
            Add((byte)'/');
            Add(channel);
        }
        Add((byte)'@');
        Add(table, "x4");
        if (share > 0)
        {
            Add((byte)'%');
            Add(share);
        }
        _left = 0;
    }

    /// <summary>The attempt's choice left this route aside. Those that matter most come first: the last ones may only be counted.</summary>
    /// <param name="route">Its name.</param>
    /// <param name="reason">Why.</param>
    /// <param name="share">Its chance among equals, in per cent; 0 where it had none.</param>
    public void Reject(ReadOnlySpan<byte> route, RouteReason reason, int share = 0)
    {
        int length = 1 + route.Length + 2 + (share > 0 ? 3 : 0);
        // Once one had no room, none behind it gets any: a reader is told that the end of the list is missing, not something of its middle.
        if (_left > 0 || _length + length + CountBytes > MaxLength)
        {
            _left++;
            return;
        }
        Add((byte)',');
        Add(route);
        Add((byte)':');
        Add((byte)reason);
        if (share > 0)
        {
            Add(share);
        }
    }

    /// <summary>The attempt is told whole.</summary>
    public void End()
    {
        if (_left > 0)
        {
            Add(",+"u8);
            Add(Math.Min((int)_left, MostCounted));
            _left = 0;
        }
    }

    public override readonly string ToString() => Encoding.ASCII.GetString(Text);

    [UnscopedRef]
    private Span<byte> All => MemoryMarshal.CreateSpan(ref _bytes.First, MaxLength);

    // First what older attempts rejected goes, then the oldest attempts.
    private void MakeRoom(int bytes)
    {
        if (_length + bytes > MaxLength)
        {
            KeepChoices();
        }
        while (_length + bytes > MaxLength)
        {
            DropOldest();
        }
    }

    private void KeepChoices()
    {
        RouteTrail old = this;
        _length = 0;
        foreach (Range at in old.Text.Split((byte)'|'))
        {
            ReadOnlySpan<byte> attempt = old.Text[at];
            int rejected = attempt.IndexOf((byte)',');
            if (_length > 0)
            {
                Add((byte)'|');
            }
            Add(rejected < 0 ? attempt : attempt[..rejected]);
            if (rejected >= 0)
            {
                Add(",+"u8);
                Add(CountRejected(attempt[rejected..]));
            }
        }
    }

    // Each has a comma before it; the count at the end stands for as many.
    private static int CountRejected(ReadOnlySpan<byte> rejected)
    {
        int count = 0;
        foreach (Range at in rejected[1..].Split((byte)','))
        {
            ReadOnlySpan<byte> one = rejected[1..][at];
            count += one[0] == '+' ? int.Parse(one[1..], NumberStyles.None, CultureInfo.InvariantCulture) : 1;
        }
        return Math.Min(count, MostCounted);
    }

    private void DropOldest()
    {
        ReadOnlySpan<byte> rest = Text.StartsWith("+|"u8) ? Text[2..] : Text;
        int next = rest.IndexOf((byte)'|');
        RouteTrail old = this;
        ReadOnlySpan<byte> kept = next < 0 ? default : old.Text[^(rest.Length - next - 1)..];
        _length = 0;
        Add((byte)'+');
        if (kept.Length > 0)
        {
            Add((byte)'|');
            Add(kept);
        }
    }

    private void Add(ReadOnlySpan<byte> text)
    {
        text.CopyTo(All[_length..]);
        _length += (byte)text.Length;
    }

    private void Add(byte letter) => All[_length++] = letter;

    private void Add(int number, ReadOnlySpan<char> format = default)
    {
        number.TryFormat(All[_length..], out int length, format, CultureInfo.InvariantCulture);
        _length += (byte)length;
    }

    [InlineArray(MaxLength)]
    private struct Bytes
    {
        internal byte First;
    }
}
