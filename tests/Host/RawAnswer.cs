using System.Globalization;
using System.Text;

namespace HotPath.Host.Tests;

/// <summary>An HTTP answer read strictly: CRLF, one Content-Length or none.</summary>
public sealed record RawAnswer(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    private const int MaxHeadBytes = 16 * 1024;

    /// <summary>One answer, or null when the stream ends before its head is whole.</summary>
    internal static async Task<RawAnswer?> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var head = new List<byte>();
        byte[] one = new byte[1];
        while (!EndsHead(head))
        {
            if (head.Count > MaxHeadBytes || await stream.ReadAsync(one, cancellationToken) == 0)
            {
                return null;
            }
            head.Add(one[0]);
        }
        string[] lines = Encoding.ASCII.GetString([.. head]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (string line in lines.Skip(1))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            headers.Add(line[..colon], line[(colon + 1)..].Trim());
        }
        int status = int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture);
        int length = headers.TryGetValue("Content-Length", out string? text) ? int.Parse(text, CultureInfo.InvariantCulture) : 0;
        byte[] body = new byte[length];
        await stream.ReadExactlyAsync(body, cancellationToken);
        return new RawAnswer(status, headers, body);
    }

    private static bool EndsHead(List<byte> head) =>
        head.Count >= 4 && head[^4] == '\r' && head[^3] == '\n' && head[^2] == '\r' && head[^1] == '\n';
}
