namespace HotPath.Core.Tests.Architecture;

/// <summary>The checkout the tests run in.</summary>
internal static class Checkout
{
    internal static readonly string Root = Find();

    private static string Find()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "HotPath.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("the tests run outside a checkout");
        }
        return folder;
    }
}
