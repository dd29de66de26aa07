package io.mcpsecurity.sample.records;

import java.time.LocalDate;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;

import org.springframework.stereotype.Component;

/**
 * The records, in memory.
 */
@Component
class RecordStore {

	private final List<ResearchRecord> records = new CopyOnWriteArrayList<>(
			List.of(new ResearchRecord(1, "Soil samples of the north field", LocalDate.of(2019, 4, 2)),
					new ResearchRecord(2, "Water levels of the lake", LocalDate.of(2022, 9, 17)),
					new ResearchRecord(3, "Bird counts, \"winter\" series", LocalDate.of(2025, 1, 30))));

	List<ResearchRecord> find(String query) {
		String wanted = query.toLowerCase(Locale.ROOT);
		return this.records.stream()
			.filter((record) -> record.title().toLowerCase(Locale.ROOT).contains(wanted))
			.toList();
	}

	/**
	 * Delete the records made before a date.
	 * @return the number of deleted records
	 */
	int purge(LocalDate before) {
		List<ResearchRecord> old = this.records.stream().filter((record) -> record.created().isBefore(before)).toList();
		this.records.removeAll(old);
		return old.size();
	}

}
