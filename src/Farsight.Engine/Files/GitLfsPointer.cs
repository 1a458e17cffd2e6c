namespace Farsight.Engine.Files;

/// <summary>Recognizes pointer files, which git stores in place of large files until 'git lfs pull' downloads these.</summary>
public static class GitLfsPointer
{
    /// <summary>Refuses a pointer file.</summary>
    /// <param name="path">The file, for the message.</param>
    /// <param name="content">Its content, or the first bytes of it.</param>
    /// <exception cref="InputException">The content is that of a pointer.</exception>
    public static void Refuse(string path, ReadOnlySpan<byte> content)
    {
        if (content.StartsWith("version https://git-lfs.github.com/spec/"u8))
        {
            throw new InputException(
                $"{path} is a git-LFS pointer, not the file itself; run 'git lfs pull' in its folder, or download the model with "
                    + "'farsight fetch'.");
        }
    }
}
