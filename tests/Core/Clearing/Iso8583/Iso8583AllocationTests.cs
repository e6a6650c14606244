using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters.Iso8583;
using HotPath.Core.Runtime;
using HotPath.Core.Tests.Allocation;
using Xunit;

namespace HotPath.Core.Tests.Clearing.Iso8583;

/// <summary>A payment over ISO 8583, socket and code included, costs the garbage collector nothing in steady state.</summary>
[Collection(nameof(CountedAlone))]
public sealed class Iso8583AllocationTests
{
    private const int Each = 60;
    private const int AtOnce = 64;

    [Fact]
    public async Task A_payment_over_ISO_8583_allocates_nothing()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var server = new Thread(() => Serve(listener)) { IsBackground = true };
        server.Start();
        await using var adapter = new Iso8583ClearingAdapter(
            new Iso8583Options { Host = "127.0.0.1", Port = ((IPEndPoint)listener.LocalEndpoint).Port, Connections = 1, Mac = IsoServer.Key }, ThreadScheduler.Instance, TimeProvider.System);
        Channel channel = Payments.NewChannel(adapter, maxInFlight: 256);
        int succeeded = 0;

        long perPayment = await Allocated.LeastPerCallAsync(AtOnce * Each, () => Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async _ =>
        {
            ClearingReference reference = Payments.NewReference();
            for (int i = 0; i < Each; i++)
            {
                channel.TryTakeCredit();
                if ((await channel.PayAsync(reference, TimeSpan.FromSeconds(30))).Outcome == ClearingOutcome.Succeeded)
                {
                    Interlocked.Increment(ref succeeded);
                }
            }
        })));

        Assert.Equal(6 * AtOnce * Each, succeeded);
        // The runtime's own now and then, and the 64 tasks of this test; a single object per payment would be 24 bytes.
        Assert.InRange(perPayment, 0, 12);
    }

    // On one thread, with blocking calls and buffers of its own: the whole process is counted.
    private static void Serve(TcpListener listener)
    {
        using Socket socket = listener.AcceptSocket();
        byte[] received = new byte[1 << 16];
        byte[] answer = new byte[1024];
        var mac = IsoServer.Key;
        int held = 0;
        int read;
        while ((read = Receive(socket, received, held)) > 0)
        {
            held += read;
            int at = 0;
            while (held - at >= 2 && held - at >= 2 + BinaryPrimitives.ReadUInt16BigEndian(received.AsSpan(at)))
            {
                int length = BinaryPrimitives.ReadUInt16BigEndian(received.AsSpan(at));
                int written = Answer(received.AsSpan(at + 2, length), answer, mac);
                socket.Send(answer, 0, written, SocketFlags.None);
                at += 2 + length;
            }
            received.AsSpan(at, held - at).CopyTo(received);
            held -= at;
        }
    }

    private static int Receive(Socket socket, byte[] into, int held)
    {
        try
        {
            return socket.Receive(into, held, into.Length - held, SocketFlags.None);
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    // Where the elements of a payment of ours are: 3, 4, 7, 11, 12, 13, 37, then 48 with its three digits of length, 49, 60.
    private static int Answer(ReadOnlySpan<byte> asked, byte[] into, MessageMac mac)
    {
        ReadOnlySpan<byte> elements = asked[20..];
        int terms = 6 + 12 + 10 + 6 + 6 + 4 + 12;
        int termsLength = (100 * (elements[terms] - '0')) + (10 * (elements[terms + 1] - '0')) + (elements[terms + 2] - '0');
        int currency = terms + 3 + termsLength;
        var writer = new MessageWriter(into.AsSpan(2), 210);
        writer.Add(4, elements.Slice(6, 12));
        writer.Add(7, elements.Slice(18, 10));
        writer.Add(11, elements.Slice(28, 6));
        writer.Add(37, elements.Slice(44, 12));
        writer.Add(39, "00"u8);
        writer.Add(49, elements.Slice(currency, 3));
        writer.Add(60, elements.Slice(currency + 6, 28));
        writer.Reserve(128, 8).Clear();
        mac.Seal(into.AsSpan(2, writer.Length));
        BinaryPrimitives.WriteUInt16BigEndian(into, (ushort)writer.Length);
        return 2 + writer.Length;
    }
}
