/** Knows its own index in a roster; -1: it is in none. */
export interface Enrolled {
  place: number
}

/**
 * A set whose members come and go by the thousand each second. A `Set` would waste memory here: at every rehash V8 leaves the old
 * table behind, which points to its members and to the next table. Once one such table is in the old generation, all later ones,
 * with everything in them, stay alive until the next full collection.
 */
export class Roster<Member extends Enrolled> {
  private readonly members: Member[] = []

  add(member: Member): void {
    if (member.place !== -1) return
    member.place = this.members.length
    this.members.push(member)
  }

  delete(member: Member): void {
    if (member.place === -1) return
    const last = this.members.pop() as Member
    if (last !== member) {
      this.members[member.place] = last
      last.place = member.place
    }
    member.place = -1
  }

  /** A copy: members may leave while it is walked over. */
  list(): Member[] {
    return [...this.members]
  }
}
