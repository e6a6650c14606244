using System.Globalization;

namespace HotPath.LoadTest.Measuring;

/// <summary>One reading of the gateway's /metrics: sums over all labels of a name.</summary>
internal sealed class MetricsPage
{
    // Our own counter, and what the common runtime exporters call it.
    private static readonly string[] AllocatedNames =
        ["hotpath_process_allocated_bytes_total", "dotnet_gc_heap_total_allocated_bytes_total", "process_runtime_dotnet_gc_allocations_size_bytes_total"];

    private readonly Dictionary<string, double> _sums = new(StringComparer.Ordinal);

    internal MetricsPage(string text)
    {
        foreach (string line in text.Split('\n'))
        {
            int nameEnd = line.AsSpan().IndexOfAny('{', ' ');
            int valueStart = line.LastIndexOf("} ", StringComparison.Ordinal) + 2;
            valueStart = valueStart > 1 ? valueStart : nameEnd + 1;
            bool isSample = nameEnd > 0 && line[0] != '#';
            if (isSample && double.TryParse(line.AsSpan(valueStart), NumberStyles.Float, CultureInfo.InvariantCulture, out double value))
            {
                string name = line[..nameEnd];
                _sums[name] = _sums.GetValueOrDefault(name) + value;
            }
        }
    }

    public double this[string name] => _sums.GetValueOrDefault(name);

    /// <summary>Bytes the process has allocated so far; null when the gateway does not say.</summary>
    public double? AllocatedBytes
    {
        get
        {
            string? name = AllocatedNames.FirstOrDefault(_sums.ContainsKey);
            return name is null ? null : _sums[name];
        }
    }

    /// <summary>Reads the page; null when there is no admin address or nobody answers there.</summary>
    public static async Task<MetricsPage?> ReadAsync(Uri? admin, CancellationToken cancel)
    {
        if (admin is null)
        {
            return null;
        }
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        try
        {
            return new MetricsPage(await client.GetStringAsync(new Uri(admin, "/metrics"), cancel));
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }
}
