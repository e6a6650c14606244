using System.Globalization;
using System.Security.Cryptography;

namespace HotPath.LoadTest.Packing;

/// <summary>What is packed.</summary>
internal sealed record PackOptions
{
    /// <summary>The sandbox's data directory: the institutions' private keys are in it.</summary>
    public required string DataDirectory { get; init; }

    public required int Count { get; init; }

    /// <summary>Institutions that pay in turns.</summary>
    public IReadOnlyList<string> Institutions { get; init; } = ["CN000001"];

    /// <summary>Distinct terminal ids. Default 1,000,000.</summary>
    public int Users { get; init; } = 1_000_000;

    /// <summary>The first body's number among the users: packs of one scenario go on where the last one ended. Default 0.</summary>
    public int FirstUser { get; init; }

    /// <summary>Share of single-use codes, in percent. Default 50: they take one more claim each.</summary>
    public int DynamicPercent { get; init; } = 50;

    /// <summary>Host of single-use codes. Default <see cref="SignedBody.UnknownHost"/>.</summary>
    public string CodeHost { get; init; } = SignedBody.UnknownHost;
}

/// <summary>Signs payments on all cores.</summary>
internal static class Packer
{
    private const int ChunkSize = 256;

    /// <param name="options">What is packed.</param>
    /// <param name="clock">req_time of each body is when it is signed.</param>
    /// <param name="onSigned">Told how many more are signed, from any thread.</param>
    public static Pack Make(PackOptions options, TimeProvider clock, Action<int>? onSigned = null)
    {
        // Two packs never share an order number, whatever clock and seed: a repetition would be answered from the book.
        string run = Convert.ToHexString(RandomNumberGenerator.GetBytes(6));
        var bodies = new byte[options.Count][];
        DateTimeOffset signedFrom = clock.GetUtcNow();
        int chunks = (options.Count + ChunkSize - 1) / ChunkSize;
        Parallel.For(
            0, chunks,
            () => options.Institutions.Select(institution => SignedBody.For(options.DataDirectory, institution)).ToArray(),
            (chunk, _, signers) =>
            {
                int end = Math.Min(options.Count, (chunk + 1) * ChunkSize);
                for (int i = chunk * ChunkSize; i < end; i++)
                {
                    // Knuth's multiplicative hash spreads neighbours over all users without a shared random generator.
                    int user = (int)((options.FirstUser + i) * 2654435761L % options.Users);
                    string order = string.Create(CultureInfo.InvariantCulture, $"L{run}-{i}");
                    bool isDynamic = user % 100 < options.DynamicPercent;
                    bodies[i] = signers[i % signers.Length].Payment(order, clock.GetUtcNow(), user, isDynamic, options.CodeHost);
                }
                onSigned?.Invoke(end - (chunk * ChunkSize));
                return signers;
            },
            static _ => { });
        return new Pack(bodies, signedFrom);
    }
}
