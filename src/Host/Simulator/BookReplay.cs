namespace HotPath.Host.Simulator;

/// <summary>Reads the books from their beginning, through one buffer however long they are.</summary>
internal static class BookReplay
{
    // A line is about 220 bytes; this holds some thousand of them.
    private const int BufferBytes = 1024 * 1024;

    /// <summary>Hands over each whole line; who takes it answers whether it can be.</summary>
    /// <returns>The length of the whole lines: what follows is a line that was torn by a kill, and was never answered.</returns>
    internal static long Run(Stream file, string path, Func<BookLine, bool> replay)
    {
        byte[] buffer = new byte[BufferBytes];
        int held = 0;
        long whole = 0;
        long number = 0;
        int read;
        while ((read = file.Read(buffer, held, buffer.Length - held)) > 0)
        {
            held += read;
            int start = 0;
            int length;
            while ((length = buffer.AsSpan(start, held - start).IndexOf((byte)'\n')) >= 0)
            {
                number++;
                if (!BookLine.TryRead(buffer.AsSpan(start, length), out BookLine line) || !replay(line))
                {
                    throw new InvalidDataException($"{path}: line {number} is not a line of the simulator's books");
                }
                start += length + 1;
            }
            whole += start;
            held -= start;
            buffer.AsSpan(start, held).CopyTo(buffer);
            if (held == buffer.Length)
            {
                throw new InvalidDataException($"{path}: line {number + 1} is longer than {BufferBytes} bytes");
            }
        }
        return whole;
    }
}
