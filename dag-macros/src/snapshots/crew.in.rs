impl Photos {
    fn files(&self) -> Vec<PathBuf> {
        self.folder.files()
    }

    #[depends(file in files)]
    #[task(blocking, max_concurrency = 4)]
    fn images(&self, file: &Path) -> io::Result<Image> {
        self.folder.read(file)
    }

    #[depends(image in images)]
    #[task(spawn)]
    async fn sizes(&self, image: &Image) -> usize {
        image.size().await
    }
}
