using HotPath.Core.Auth;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.Auth;

public class SigningBudgetTests
{
    [Fact]
    public void Budget_AllowsItsRate_AndNoMore()
    {
        var clock = new FakeTimeProvider();
        var budget = new SigningBudget(50, clock);
        Assert.Equal(50, Enumerable.Range(0, 1000).Count(_ => budget.TryTake()));
        clock.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(5, Enumerable.Range(0, 1000).Count(_ => budget.TryTake()));
        clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(50, Enumerable.Range(0, 1000).Count(_ => budget.TryTake()));
    }

    [Fact]
    public void Budget_SharedByThreads_IsNotOverdrawn()
    {
        var budget = new SigningBudget(300, new FakeTimeProvider());
        int taken = 0;
        Parallel.For(0, 5000, _ => Interlocked.Add(ref taken, budget.TryTake() ? 1 : 0));
        Assert.Equal(300, taken);
    }
}
