using FcnSharp.Imaging;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Server.Tests;

public class SegmentTests
{
    [Fact]
    public async Task An_image_gives_a_mask_of_its_size()
    {
        await using RunningServer server = await RunningServer.Start();
        using ByteArrayContent image = new(PngFile.EncodeRgb(TestImages.Scene(61, 47).Image));

        using HttpResponseMessage answer = await server.Client.PostAsync("/v1/segment", image, TestContext.Current.CancellationToken);

        Assert.Equal(200, (int)answer.StatusCode);
        using MemoryStream mask = new(await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        LabelMap labels = PngFile.ReadLabels(mask, "mask");
        Assert.Equal((61, 47), (labels.Width, labels.Height));
    }
}
