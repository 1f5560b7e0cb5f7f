namespace FcnSharp.Imaging;

/// <summary>
/// Leaves out corners of a ring that lie close to the line between others (Douglas and Peucker 1973). Their way takes quadratic
/// time on rings that are made for it, so long rings are cut into pieces, whose ends stay.
/// </summary>
internal static class RingSimplifier
{
    /// <summary>Corners of a piece: what is kept beyond need is one in so many.</summary>
    private const int MaxPiece = 2048;

    /// <summary>The ring with fewer corners, none of those left out farther from it than the tolerance; the ring itself where less than a triangle would stay.</summary>
    /// <param name="ring">Its corners; the last is joined to the first.</param>
    /// <param name="tolerance">A distance in pixels, from 0.</param>
    public static PixelPoint[] Simplify(PixelPoint[] ring, double tolerance)
    {
        int far = Farthest(ring);
        bool[] kept = new bool[ring.Length + 1];
        Stack<(int First, int Last)> open = [];
        Cut(0, far, open, kept);
        Cut(far, ring.Length, open, kept);
        while (open.TryPop(out (int First, int Last) piece))
        {
            (int at, double distance) = FarthestFromLine(ring, piece.First, piece.Last);
            if (distance > tolerance)
            {
                kept[at] = true;
                open.Push((piece.First, at));
                open.Push((at, piece.Last));
            }
        }

        PixelPoint[] simple = [.. ring.Where((_, i) => kept[i])];
        return simple.Length < 3 ? ring : simple;
    }

    private static void Cut(int first, int last, Stack<(int, int)> open, bool[] kept)
    {
        for (int at = first; at < last; at += MaxPiece)
        {
            kept[at] = true;
            open.Push((at, Math.Min(at + MaxPiece, last)));
        }
    }

    private static int Farthest(PixelPoint[] ring)
    {
        int best = 0;
        long most = 0;
        for (int i = 1; i < ring.Length; i++)
        {
            long dx = ring[i].X - ring[0].X;
            long dy = ring[i].Y - ring[0].Y;
            long distance = (dx * dx) + (dy * dy);
            (best, most) = distance > most ? (i, distance) : (best, most);
        }

        return best;
    }

    /// <summary>The corner between two that is farthest from the line between them, which index ring.Length closes.</summary>
    private static (int At, double Distance) FarthestFromLine(PixelPoint[] ring, int first, int last)
    {
        PixelPoint a = ring[first];
        PixelPoint b = ring[last == ring.Length ? 0 : last];
        double dx = b.X - a.X;
        double dy = b.Y - a.Y;
        double squared = (dx * dx) + (dy * dy);
        (int best, double most) = (first, -1);
        for (int i = first + 1; i < last; i++)
        {
            double px = ring[i].X - a.X;
            double py = ring[i].Y - a.Y;

            // From the part between the two and not from the line beyond: a ring folds back.
            double along = squared > 0 ? Math.Clamp(((px * dx) + (py * dy)) / squared, 0, 1) : 0;
            double ex = px - (along * dx);
            double ey = py - (along * dy);
            double distance = (ex * ex) + (ey * ey);
            (best, most) = distance > most ? (i, distance) : (best, most);
        }

        return (best, Math.Sqrt(Math.Max(most, 0)));
    }
}
