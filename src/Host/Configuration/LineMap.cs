using System.Globalization;
using System.Text.Json;

namespace HotPath.Host.Configuration;

/// <summary>In which line of a JSON file each key stands, by its path as in <c>routes[1].currencies[0]</c>.</summary>
internal sealed class LineMap
{
    private readonly Dictionary<string, int> _lines = [];

    private LineMap()
    {
    }

    /// <summary>Reads where things stand. The text has been deserialized, so it is JSON.</summary>
    internal static LineMap Of(ReadOnlySpan<byte> json)
    {
        var map = new LineMap();
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        // Of each open object and list: its path, and how many of a list's things have begun; -1 for an object.
        var open = new Stack<(string Path, int Count)>();
        string path = "";
        int line = 1;
        long counted = 0;
        while (reader.Read())
        {
            line += json[(int)counted..(int)reader.TokenStartIndex].Count((byte)'\n');
            counted = reader.TokenStartIndex;
            if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
            {
                open.Pop();
                continue;
            }
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                string parent = open.Peek().Path, name = reader.GetString()!;
                path = parent.Length == 0 ? name : parent + '.' + name;
                map._lines.TryAdd(path, line);
                continue;
            }
            if (open.TryPeek(out (string Path, int Count) list) && list.Count >= 0)
            {
                open.Pop();
                open.Push((list.Path, list.Count + 1));
                path = string.Create(CultureInfo.InvariantCulture, $"{list.Path}[{list.Count}]");
                map._lines.TryAdd(path, line);
            }
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                open.Push((path, reader.TokenType == JsonTokenType.StartArray ? 0 : -1));
            }
        }
        return map;
    }

    /// <summary>The line of this path, or of the nearest thing around it that is there; 1 where nothing of it is.</summary>
    internal int Of(string path)
    {
        while (true)
        {
            if (_lines.TryGetValue(path, out int line))
            {
                return line;
            }
            int end = path.LastIndexOfAny(['.', '[']);
            if (end < 0)
            {
                return 1;
            }
            path = path[..end];
        }
    }
}
