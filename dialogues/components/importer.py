"""Reads a project's files once: Rasa's own importer parses the domain and the examples again at every request."""

from rasa.shared.core.domain import Domain
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.common import cached_method


class ReadOnce(RasaFileImporter):
    """Rasa's importer of files, which remembers what it has read for as long as one training takes."""

    @cached_method
    def _domain(self) -> Domain:
        return super().get_domain()

    @cached_method
    def _examples(self, language: str | None) -> TrainingData:
        return super().get_nlu_data(language)

    def get_domain(self) -> Domain:
        """The domain, one of all files."""
        return self._domain()

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """The examples. One reading serves "en" and no language alike."""
        return self._examples(language)
