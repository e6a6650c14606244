using HotPath.Core.Admission;
using Xunit;

namespace HotPath.Core.Tests.Admission;

public class OverloadControlTests
{
    private readonly OverloadControl _control = new();

    [Fact]
    public void Stall_AndTheQueueItLeaves_IsNoOverload()
    {
        // Five seconds in which nothing ran are one window; what has piled up is gone three windows later.
        Close(1, pressure: 1000, finished: 2);
        Close(3, pressure: 20, finished: 4000);
        Close(1, pressure: 0.3, finished: 3000);
        Close(4, pressure: 8, finished: 4000);
        Assert.False(_control.IsOverloaded);
        Assert.Equal(0, _control.CapacityPerSecond);
        Assert.Equal(double.PositiveInfinity, _control.AdmittedPerSecond);
    }

    [Fact]
    public void QueueThatStands_IsOverload_AndWhatIsDoneInItIsTheCapacity()
    {
        Close(1, pressure: 1000, finished: 2);
        Close(4, pressure: 1.5, finished: 4000);
        Assert.True(_control.IsOverloaded);
        Assert.Equal(4000, _control.CapacityPerSecond);
    }

    [Fact]
    public void Capacity_AtTheBeginning_IsNeitherTheStallNorTheCatchingUp()
    {
        Close(1, pressure: 1000, finished: 2);
        Close(1, pressure: 20, finished: 7257);
        Close(3, pressure: 1.5, finished: 4000);
        Assert.True(_control.IsOverloaded);
        Assert.Equal(4000, _control.CapacityPerSecond);
    }

    [Fact]
    public void Capacity_DoesNotFall_BecauseLittleWasLetIn()
    {
        Close(5, pressure: 3, finished: 4000);
        double admitted = _control.AdmittedPerSecond;
        Close(50, pressure: 3, finished: admitted);
        Assert.Equal(4000, _control.CapacityPerSecond);
    }

    [Fact]
    public void Capacity_ThatComesBack_IsFoundInAFewWindows_OneOfWhichIsNotBelieved()
    {
        Close(5, pressure: 2, finished: 200);
        Close(1, pressure: 0, finished: 5000, hasRefused: true);
        Assert.Equal(300, _control.CapacityPerSecond, tolerance: 1);
        Close(5, pressure: 0, finished: 1500, hasRefused: true);
        Assert.Equal(1500, _control.CapacityPerSecond, tolerance: 1);
    }

    [Fact]
    public void Admitted_FollowsTheQueue()
    {
        Close(5, pressure: 1.0001, finished: 4000);
        Assert.Equal(4000, _control.AdmittedPerSecond, tolerance: 1);
        Close(1, pressure: 3, finished: 4000);
        Assert.Equal(3200, _control.AdmittedPerSecond, tolerance: 1);
        Close(1, pressure: 0, finished: 4000);
        Assert.Equal(4400, _control.AdmittedPerSecond, tolerance: 1);
        Close(1, pressure: 1000, finished: 4000);
        Assert.Equal(2000, _control.AdmittedPerSecond, tolerance: 1);
    }

    [Fact]
    public void Capacity_FollowsTheMachine_BothWays_WithinSeconds()
    {
        Close(5, pressure: 2, finished: 4000);
        Close(30, pressure: 2, finished: 1000);
        Assert.InRange(_control.CapacityPerSecond, 1000, 1200);
        // No queue and fewer calls: says nothing about what could be done.
        Close(10, pressure: 0, finished: 300, hasRefused: true);
        Assert.InRange(_control.CapacityPerSecond, 1000, 1200);
        // No queue and more calls than it was thought capable of.
        Close(30, pressure: 0, finished: 3000, hasRefused: true);
        Assert.InRange(_control.CapacityPerSecond, 2800, 3000);
    }

    [Fact]
    public void Overload_EndsAfterTwoCalmSeconds_AndForgetsWhatItKnew()
    {
        Close(5, pressure: 2, finished: 4000);
        Close(100, pressure: 0.9, finished: 4000, hasRefused: true);
        Close(OverloadControl.WindowsToEnd - 1, pressure: 0.9, finished: 4000);
        Close(1, pressure: 1.1, finished: 4000);
        Close(OverloadControl.WindowsToEnd - 1, pressure: 0.2, finished: 3000);
        Assert.True(_control.IsOverloaded);
        Close(1, pressure: 0.2, finished: 3000);
        Assert.False(_control.IsOverloaded);
        Assert.Equal(0, _control.CapacityPerSecond);
        Close(4, pressure: 2, finished: 100);
        Assert.False(_control.IsOverloaded);
    }

    private void Close(int windows, double pressure, double finished, bool hasRefused = false)
    {
        for (int i = 0; i < windows; i++)
        {
            _control.Close(pressure, finished, hasRefused);
        }
    }
}
