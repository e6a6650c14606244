using HotPath.Core.Admission;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.Admission;

public class ActiveInstitutionsTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public async Task Level_IsFound_AlsoWhenSomebodyAsksForExactlyAnEqualShare()
    {
        // 40 of 120 among three. What it leaves to the others, divided again, is one rounding below 40: then it seems to ask for more than its share.
        const double seconds = 0.100493;
        ActiveInstitutions active = Active(seconds, 40, 48, 118);
        double level = await Task.Run(() => active.Level(240 / seconds * 0.5)).WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(40 / seconds, level, tolerance: 1e-6);
    }

    private ActiveInstitutions Active(double seconds, params int[] calls)
    {
        var active = new ActiveInstitutions();
        foreach (int asked in calls)
        {
            var institution = new Allowance(_clock);
            active.Enlist(institution);
            for (int call = 0; call < asked; call++)
            {
                institution.AskAndEnlist();
            }
        }
        active.CloseWindow(seconds);
        return active;
    }
}
