using System.Buffers.Binary;
using System.Net.Sockets;
using System.Security.Cryptography;
using Xunit;

namespace HotPath.Host.Tests;

/// <summary>
/// TLS 1.0 and 1.1 are the server's to refuse. The hello is written by hand: an ordinary client's own policy refuses first, and then a
/// test says nothing about the server.
/// </summary>
[Collection(SandboxFixture.Name)]
public sealed class OldTlsTests(SandboxFixture sandbox)
{
    private const byte AlertRecord = 21;
    private const byte HandshakeRecord = 22;
    private const byte ServerHello = 2;
    private const byte ProtocolVersion = 70;

    // ECDHE with ECDSA and with RSA, then RSA alone: whatever the certificate is, an old server would find one it likes. SCSVs: none.
    private static readonly byte[] OldSuites = [0xC0, 0x09, 0xC0, 0x0A, 0xC0, 0x13, 0xC0, 0x14, 0x00, 0x2F, 0x00, 0x35];

    // ECDHE-ECDSA and ECDHE-RSA with AES-128-GCM, which only TLS 1.2 has.
    private static readonly byte[] NewSuites = [0xC0, 0x2B, 0xC0, 0x2F];

    // supported_groups: P-256, X25519; signature_algorithms: ECDSA and RSA with SHA-256; ec_point_formats: uncompressed.
    private static readonly byte[] Extensions =
        [0, 10, 0, 6, 0, 4, 0, 23, 0, 29, 0, 13, 0, 6, 0, 4, 4, 3, 4, 1, 0, 11, 0, 2, 1, 0];

    [Theory]
    [InlineData(0x0301)]
    [InlineData(0x0302)]
    public async Task Tls_OfYesterday_IsRefusedByTheServer(int version)
    {
        byte[] record = await AnswerAsync(Hello((ushort)version, OldSuites));
        Assert.Equal(AlertRecord, record[0]);
        Assert.Equal(ProtocolVersion, record[^1]);
    }

    [Fact]
    public async Task Hello_OfTheSameMaking_ButTls12_IsAnswered()
    {
        // So that the refusals above are about the version and not about a hello that nobody could read.
        byte[] record = await AnswerAsync(Hello(0x0303, NewSuites));
        Assert.Equal((HandshakeRecord, ServerHello), (record[0], record[5]));
    }

    private static byte[] Hello(ushort version, byte[] suites)
    {
        byte[] body =
        [
            (byte)(version >> 8), (byte)version, .. RandomNumberGenerator.GetBytes(32), 0,
            0, (byte)suites.Length, .. suites, 1, 0, 0, (byte)Extensions.Length, .. Extensions,
        ];
        byte[] handshake = [1, 0, 0, (byte)body.Length, .. body];
        return [HandshakeRecord, 3, 1, 0, (byte)handshake.Length, .. handshake];
    }

    private async Task<byte[]> AnswerAsync(byte[] hello)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(sandbox.Api.Host, sandbox.Api.Port, limit.Token);
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(hello, limit.Token);
        byte[] head = new byte[5];
        await stream.ReadExactlyAsync(head, limit.Token);
        byte[] content = new byte[BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(3))];
        await stream.ReadExactlyAsync(content, limit.Token);
        return [.. head, .. content];
    }
}
