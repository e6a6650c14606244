using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace HotPath.LoadTest.Packing;

/// <summary>What a pack says about itself, in its first line.</summary>
/// <param name="Count">Bodies.</param>
/// <param name="SignedFrom">req_time of the oldest; a gateway takes it for ten minutes.</param>
internal sealed record PackHeader(int Count, DateTimeOffset SignedFrom);

/// <summary>
/// Signed bodies, made before a run so that signing them costs the run nothing. As a file: a line of JSON, then each body behind its
/// length (4 bytes, little endian).
/// </summary>
internal sealed class Pack
{
    // The specification's window is 10 min either way; a run needs some of it for itself.
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(8);

    private readonly byte[][] _bodies;

    internal Pack(byte[][] bodies, DateTimeOffset signedFrom)
    {
        _bodies = bodies;
        SignedFrom = signedFrom;
    }

    public int Count => _bodies.Length;

    public DateTimeOffset SignedFrom { get; }

    public ReadOnlyMemory<byte> Memory(int index) => _bodies[index];

    /// <summary>Some of the bodies as a pack of their own.</summary>
    public Pack Part(int first, int count) => new(_bodies[first..(first + count)], SignedFrom);

    /// <summary>The same bodies again and again, <paramref name="count"/> in all.</summary>
    public Pack Repeated(int count) => new([.. Enumerable.Range(0, count).Select(i => _bodies[i % _bodies.Length])], SignedFrom);

    /// <summary>The same requests with signatures that are well formed and verify nothing.</summary>
    public Pack WithBrokenSignatures() => new([.. _bodies.Select(BreakSignature)], SignedFrom);

    /// <summary>The same requests in the name of another institution, whose id is as long; their signatures no longer fit.</summary>
    public Pack WithInstitution(string from, string to) => new([.. _bodies.Select(body => Renamed(body, from, to))], SignedFrom);

    /// <summary>These bodies and then those.</summary>
    public Pack And(Pack other) => new([.. _bodies, .. other._bodies], SignedFrom < other.SignedFrom ? SignedFrom : other.SignedFrom);

    /// <summary>True when every body will still be taken at the end of a run of this length.</summary>
    public bool IsFreshFor(TimeSpan run, DateTimeOffset now) => now + run - SignedFrom <= Fresh;

    public void Write(string file)
    {
        using FileStream stream = File.Create(file);
        using var buffered = new BufferedStream(stream, 1 << 20);
        JsonSerializer.Serialize(buffered, new PackHeader(Count, SignedFrom));
        buffered.WriteByte((byte)'\n');
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (byte[] body in _bodies)
        {
            BinaryPrimitives.WriteInt32LittleEndian(length, body.Length);
            buffered.Write(length);
            buffered.Write(body);
        }
    }

    // The first letter of the Base64: another letter there is another signature, still strict Base64.
    private static byte[] BreakSignature(byte[] body)
    {
        byte[] broken = [.. body];
        ReadOnlySpan<byte> before = "\"sign\":\""u8;
        int at = broken.AsSpan().IndexOf(before) + before.Length;
        broken[at] = broken[at] == (byte)'A' ? (byte)'B' : (byte)'A';
        return broken;
    }

    private static byte[] Renamed(byte[] body, string from, string to)
    {
        byte[] renamed = [.. body];
        int at = renamed.AsSpan().IndexOf(Encoding.ASCII.GetBytes($"\"inst_id\":\"{from}\""));
        Encoding.ASCII.GetBytes(to, renamed.AsSpan(at + "\"inst_id\":\"".Length, from.Length));
        return renamed;
    }

    /// <exception cref="InvalidDataException">Not a pack, or not all of it.</exception>
    public static Pack Read(string file)
    {
        using FileStream stream = File.OpenRead(file);
        using var buffered = new BufferedStream(stream, 1 << 20);
        var line = new List<byte>(128);
        for (int unit = buffered.ReadByte(); unit is not (-1 or '\n') && line.Count < 1024; unit = buffered.ReadByte())
        {
            line.Add((byte)unit);
        }
        try
        {
            PackHeader header = JsonSerializer.Deserialize<PackHeader>(line.ToArray()) ?? throw new JsonException();
            var bodies = new byte[header.Count][];
            Span<byte> length = stackalloc byte[sizeof(int)];
            for (int i = 0; i < bodies.Length; i++)
            {
                buffered.ReadExactly(length);
                buffered.ReadExactly(bodies[i] = new byte[BinaryPrimitives.ReadInt32LittleEndian(length)]);
            }
            return new Pack(bodies, header.SignedFrom);
        }
        catch (Exception failure) when (failure is JsonException or EndOfStreamException or OverflowException)
        {
            throw new InvalidDataException($"{file} is not a whole pack", failure);
        }
    }
}
