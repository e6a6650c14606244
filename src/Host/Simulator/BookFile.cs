using System.Buffers;
using System.Text.Json;
using HotPath.Core.Runtime;

namespace HotPath.Host.Simulator;

/// <summary>
/// The books on disk: <c>books.jsonl</c>, appended only. Lines that come while one batch is being written make up the next one and go to
/// the operating system in one call; whoever answers waits for its batch. So a killed simulator finds on restart whatever it told.
/// </summary>
internal sealed class BookFile : IAsyncDisposable
{
    internal const string Name = "books.jsonl";

    private readonly Lock _gate = new();
    private readonly FileStream _owner;
    private readonly FileStream _file;
    private readonly SemaphoreSlim _work = new(0);
    private readonly Utf8JsonWriter _json = new(Stream.Null, new JsonWriterOptions { SkipValidation = true });
    private readonly Task _writer;

    // All below under _gate. The batch being written belongs to the writer alone.
    private Batch _next = new();
    private Task _written = Task.CompletedTask;
    private bool _isClosing;

    private BookFile(FileStream owner, FileStream file)
    {
        _owner = owner;
        _file = file;
        _writer = Task.Run(WriteAsync);
    }

    /// <summary>Reads every line there is into <paramref name="replay"/>, drops a torn last one, and opens the file for more.</summary>
    /// <exception cref="InvalidDataException">A line in the midst of the books is not one of ours, or cannot be.</exception>
    /// <exception cref="IOException">Another simulator has these books, or the folder cannot be written.</exception>
    internal static BookFile Open(string directory, Func<BookLine, bool> replay)
    {
        Directory.CreateDirectory(directory);
        FileStream owner = FolderLock.Take(Path.Combine(directory, "books.lock"));
        FileStream? file = null;
        try
        {
            string path = Path.Combine(directory, Name);
            // No buffer of its own: a write is a system call.
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
            file.SetLength(BookReplay.Run(file, path, replay));
            file.Seek(0, SeekOrigin.End);
            return new BookFile(owner, file);
        }
        catch
        {
            file?.Dispose();
            owner.Dispose();
            throw;
        }
    }

    /// <summary>Adds a line; the task ends when the operating system has it. Lines are in the order of these calls.</summary>
    internal Task AddAsync(in BookLine line)
    {
        lock (_gate)
        {
            bool isFirst = _next.Bytes.WrittenCount == 0;
            line.Write(_json, _next.Bytes);
            _written = _next.Written.Task;
            if (isFirst)
            {
                _work.Release();
            }
            return _written;
        }
    }

    /// <summary>Ends when every line added so far is written.</summary>
    internal Task WrittenSoFarAsync()
    {
        lock (_gate)
        {
            return _written;
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _isClosing = true;
        }
        _work.Release();
        await _writer;
        await _file.DisposeAsync();
        await _owner.DisposeAsync();
        await _json.DisposeAsync();
        _work.Dispose();
    }

    private async Task WriteAsync()
    {
        var spare = new Batch();
        IOException? broken = null;
        while (true)
        {
            await _work.WaitAsync();
            Batch batch;
            lock (_gate)
            {
                batch = _next;
                if (batch.Bytes.WrittenCount == 0)
                {
                    if (_isClosing)
                    {
                        return;
                    }
                    continue;
                }
                _next = spare;
            }
            broken ??= Write(batch.Bytes.WrittenSpan);
            if (broken is null)
            {
                batch.Written.SetResult();
            }
            else
            {
                // Nobody is answered any more, and nothing is written behind a line that may be torn.
                batch.Written.SetException(broken);
            }
            spare = batch;
            spare.Reset();
        }
    }

    private IOException? Write(ReadOnlySpan<byte> lines)
    {
        try
        {
            _file.Write(lines);
            return null;
        }
        catch (IOException failure)
        {
            return failure;
        }
    }

    private sealed class Batch
    {
        internal readonly ArrayBufferWriter<byte> Bytes = new(64 * 1024);
        internal TaskCompletionSource Written = NewPromise();

        internal void Reset()
        {
            Bytes.ResetWrittenCount();
            Written = NewPromise();
        }

        private static TaskCompletionSource NewPromise() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
