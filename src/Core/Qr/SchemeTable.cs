using System.Collections.Frozen;
using System.Text;

namespace HotPath.Core.Qr;

/// <summary>Some of the schemes that a <see cref="SchemeTable"/> knows.</summary>
public readonly record struct SchemeSet(ulong Bits)
{
    public bool IsEmpty => Bits == 0;

    public bool Overlaps(SchemeSet other) => (Bits & other.Bits) != 0;

    public static SchemeSet operator |(SchemeSet left, SchemeSet right) => new(left.Bits | right.Bits);
}

/// <summary>
/// The schemes that routes name, and how a code is found to be theirs: an EMVCo code by the GUIDs of its merchant accounts (tags 26 to 51,
/// and 15 and 16, which are UnionPay's), an https address by its host. Upper and lower case are one.
/// </summary>
public sealed class SchemeTable
{
    /// <summary>Schemes at most: a set of them is one machine word.</summary>
    public const int MaxSchemes = 64;

    /// <summary>Longest name of a scheme, in characters: EMVCo's longest GUID.</summary>
    public const int MaxNameLength = 32;

    /// <summary>
    /// What codes with UnionPay's own tags 15 and 16 are routed by. Their values have no GUID; this is UnionPay's registered application
    /// provider identifier (ISO/IEC 7816-5), as a GUID would begin with.
    /// </summary>
    public const string UnionPay = "A000000333";

    private readonly FrozenDictionary<string, SchemeSet> _byName;
    private readonly FrozenDictionary<string, SchemeSet> _byHost;

    /// <param name="names">Every scheme, at most <see cref="MaxSchemes"/>; a name may come more than once.</param>
    /// <param name="hosts">Hosts of https codes, and the schemes they belong to, which are among the names.</param>
    public SchemeTable(IEnumerable<string> names, IEnumerable<KeyValuePair<string, string>> hosts)
    {
        _byName = names.Distinct(StringComparer.OrdinalIgnoreCase).Select((name, at) => (name, at))
            .ToFrozenDictionary(one => one.name, one => new SchemeSet(1UL << one.at), StringComparer.OrdinalIgnoreCase);
        if (_byName.Count > MaxSchemes)
        {
            throw new ArgumentException($"{_byName.Count} schemes; {MaxSchemes} at most", nameof(names));
        }
        _byHost = hosts.ToFrozenDictionary(host => host.Key, host => _byName[host.Value], StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The schemes of this name; empty for one that no route names.</summary>
    public SchemeSet Of(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The schemes that a code without a defect can be paid by; empty where no route names any of them.</summary>
    public SchemeSet Of(in QrReading reading, ReadOnlySpan<byte> content) => reading.Kind switch
    {
        QrKind.Emv => _byName.Count == 0 ? default : OfAccounts(content),
        QrKind.Https => Find(_byHost, WithoutRoot(reading.Host.Of(content))),
        _ => default,
    };

    private SchemeSet OfAccounts(ReadOnlySpan<byte> content)
    {
        SchemeSet schemes = default;
        var objects = new EmvObjects(content);
        while (objects.Next() == EmvStep.Object)
        {
            if (objects.Id is >= EmvTags.FirstAccount and <= EmvTags.LastAccount)
            {
                schemes |= OfAccount(objects.Value);
            }
            else if (objects.Id is >= EmvTags.FirstUnionPay and <= EmvTags.LastUnionPay)
            {
                schemes |= Of(UnionPay);
            }
        }
        return schemes;
    }

    private SchemeSet OfAccount(ReadOnlySpan<byte> template)
    {
        var objects = new EmvObjects(template);
        while (objects.Next() == EmvStep.Object)
        {
            if (objects.Id == EmvTags.Guid)
            {
                return Find(_byName, objects.Value);
            }
        }
        return default;
    }

    // A name in the DNS may end with the root's point.
    private static ReadOnlySpan<byte> WithoutRoot(ReadOnlySpan<byte> host) => host[^1] == '.' ? host[..^1] : host;

    private static SchemeSet Find(FrozenDictionary<string, SchemeSet> table, ReadOnlySpan<byte> name)
    {
        Span<char> text = stackalloc char[256];
        return table.Count > 0 && name.Length <= text.Length && Ascii.ToUtf16(name, text, out int length) == System.Buffers.OperationStatus.Done
            ? table.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text[..length], out SchemeSet schemes) ? schemes : default
            : default;
    }
}
