using Xunit;

// Tests here measure allocations and processor time of the whole process, and give whole pools of threads to one test.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
