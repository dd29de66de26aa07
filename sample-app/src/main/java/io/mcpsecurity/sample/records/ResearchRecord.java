package io.mcpsecurity.sample.records;

import java.time.LocalDate;

/**
 * One research record.
 *
 * @param id its number
 * @param title what it is about
 * @param created when it was made
 */
record ResearchRecord(int id, String title, LocalDate created) {
}
