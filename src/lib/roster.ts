/** Knows its own place in a roster; -1: it is in none. */
export interface Enrolled {
  place: number
}

/**
 * The things that are there right now, where thousands come and go in a second. A `Set` would do, but for the memory: with
 * every rehash V8 leaves a dead table behind that points to what was in it and to the next table, and once one of these
 * is old, all that follow, with everything in them, live until the next full collection.
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
