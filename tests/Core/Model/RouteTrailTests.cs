using System.Text;
using CsCheck;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Model;

public class RouteTrailTests
{
    [Fact]
    public void Trail_SaysWhatWasChosen_AndWhatWasNot()
    {
        var trail = default(RouteTrail);
        Choose(ref trail, "fps.1", "fps", share: 0);
        trail.End();
        Assert.Equal("fps.1@00ff", trail.ToString());
        Choose(ref trail, "main", "fps", share: 67);
        Reject(ref trail, "rest", RouteReason.NotDrawn, 33);
        Reject(ref trail, "far", RouteReason.Breaker);
        trail.End();
        Assert.Equal("fps.1@00ff|main/fps@00ff%67,rest:e33,far:b", trail.ToString());
    }

    [Fact]
    public void Rejections_ThatHaveNoRoom_AreCounted()
    {
        var trail = default(RouteTrail);
        Choose(ref trail, "a", "a", share: 0);
        for (int i = 0; i < 1200; i++)
        {
            Reject(ref trail, $"route-{i:D4}", i == 1199 ? RouteReason.Full : RouteReason.Maintenance);
            Assert.True(trail.Text.Length <= RouteTrail.MaxLength - 5, "no room is left for the count");
        }
        trail.End();
        Assert.StartsWith("a@00ff,route-0000:w,route-0001:w,", trail.ToString(), StringComparison.Ordinal);
        Assert.EndsWith(",+999", trail.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void FurtherAttempt_TakesTheRoomOfWhatWasRejected_BeforeThatOfWhatWasChosen()
    {
        var trail = default(RouteTrail);
        Choose(ref trail, "first", "first", share: 0);
        for (int i = 0; i < 40; i++)
        {
            Reject(ref trail, $"route-{i:D4}", RouteReason.Maintenance);
        }
        trail.End();
        Choose(ref trail, "second", "second", share: 12);
        Reject(ref trail, "first", RouteReason.Tried);
        trail.End();
        Assert.Equal("first@00ff,+40|second@00ff%12,first:t", trail.ToString());
    }

    [Fact]
    public void FurtherAttempts_WithTheLongestNames_KeepTheLast_AndSayThatEarlierOnesAreMissing()
    {
        var trail = default(RouteTrail);
        foreach (char letter in "xyz")
        {
            Choose(ref trail, new string(letter, 32), new string('c', 32), share: 99);
            Reject(ref trail, new string('r', RouteTrail.MaxRouteLength), RouteReason.Breaker);
            trail.End();
        }
        Assert.Equal($"+|{new string('z', 32)}/{new string('c', 32)}@00ff%99,{new string('r', RouteTrail.MaxRouteLength)}:b", trail.ToString());
        // A default name is as long as any, and says its channel.
        Choose(ref trail, new string('c', 32) + ".256", new string('c', 32), share: 99);
        trail.End();
        Assert.Equal($"+|{new string('c', 32)}.256@00ff%99", trail.ToString());
    }

    [Fact]
    public void Trail_IsReadBack_AttemptByAttempt()
    {
        var trail = default(RouteTrail);
        Choose(ref trail, "fps.1", "fps", share: 0);
        Reject(ref trail, "far", RouteReason.Breaker);
        trail.End();
        // Begins with its channel's name, and is not named by it.
        Choose(ref trail, "fps-main", "fps", share: 67);
        Reject(ref trail, "rest", RouteReason.NotDrawn, 33);
        Reject(ref trail, "fps.1", RouteReason.Tried);
        trail.End();
        IReadOnlyList<RouteAttempt> read = RouteAttempt.Read(trail.ToString(), out bool isCut);
        Assert.False(isCut);
        Assert.Equal([("fps.1", "fps", "00ff", 0, 0), ("fps-main", "fps", "00ff", 67, 0)], read.Select(one => (one.Route, one.Channel, one.Table, one.Share, one.More)));
        Assert.Equal([new RejectedRoute("far", RouteReason.Breaker, 0)], read[0].Rejected);
        Assert.Equal([new RejectedRoute("rest", RouteReason.NotDrawn, 33), new RejectedRoute("fps.1", RouteReason.Tried, 0)], read[1].Rejected);
        Assert.Empty(RouteAttempt.Read("", out _));
    }

    /// <summary>Whatever is chosen and rejected, and however often: the last attempt is there whole, its channel too, and what is missing is said.</summary>
    [Fact]
    public void AnyTrail_IsReadBack_WithItsLastChoice_AndWithEveryRejectionToldOrCounted()
    {
        Gen.Select(Gen.Int[1, 6], Gen.Int[0, 20], Gen.Int[1, 32], Gen.Int[0, 99]).Sample(
            (attempts, rejections, length, share) =>
            {
                var trail = default(RouteTrail);
                for (int attempt = 0; attempt < attempts; attempt++)
                {
                    Choose(ref trail, new string((char)('a' + attempt), length), "channel", share);
                    for (int i = 0; i < rejections; i++)
                    {
                        Reject(ref trail, $"{i}-{new string('r', length)}"[..length], (RouteReason)"cnhlxwbotfep"[i % 12], i % 3 == 0 ? share : 0);
                    }
                    trail.End();
                }
                Assert.True(trail.Text.Length <= RouteTrail.MaxLength);
                IReadOnlyList<RouteAttempt> read = RouteAttempt.Read(trail.ToString(), out bool isCut);
                Assert.True(isCut ? read.Count < attempts : read.Count == attempts);
                Assert.Equal((new string((char)('a' + attempts - 1), length), "channel", share), (read[^1].Route, read[^1].Channel, read[^1].Share));
                Assert.All(read, one => Assert.Equal(rejections, one.Rejected.Count + one.More));
            },
            iter: 5000);
    }

    private static void Choose(ref RouteTrail trail, string route, string channel, int share) =>
        trail.Choose(Encoding.ASCII.GetBytes(route), Encoding.ASCII.GetBytes(channel), 0xFF, share);

    private static void Reject(ref RouteTrail trail, string route, RouteReason reason, int share = 0) =>
        trail.Reject(Encoding.ASCII.GetBytes(route), reason, share);
}
