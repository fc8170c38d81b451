/*
 * Letters that follow each other, for layout.c. Made by tools/text/layout.py, not by hand: that script says from what.
 *
 * Letters are numbered from 1 in the order of the alphabet, without ё; 0 is the edge of a word; n is how many there
 * are with it. A character c holds the number c - '#', below 64. pairs[a * n + b] is the cost of b after a, in eighths
 * of -ln(probability). triples holds a bit for each (a * n + b) * n + c, six a character, the lowest first: set where
 * the three were met. known_words are those of three letters, and abbreviations of four to eight.
 */
#ifndef IMF_TEXT_LAYOUT_TABLE_H
#define IMF_TEXT_LAYOUT_TABLE_H

static const char english_pairs[] =
    "b<75<A;=<EFF=:CB7Q<39HE<]LT<^B:<UE\?R;^B6;3^>T286CDEN@L>1\?Zb1bbb6]b6Wb2bb5AZ6bRbDb>2bI\\6bb2>b4:bY1b\\9K<<bbbFa"
    ",9KRC2ODM5`V@MO9Ob9;`@YLbCb/9HB:=KJPHbR:C8KFY15:VHFJF]76TWb58VP1Zb4_b4bb6I::bbbFb+:Pbb2_C7<bb=bC:Qb7=S=bYbE_22PT"
    "R0\\b_2bZNQN1WbAL:=bNbFbD>H6<:B<Z`^H7@-=\?V:99NAaQbLH-bbb/bbb:bbbbb1bbbPb/bbbbb-;KUQ-NSI3Z_@Q\?EMbL6IHZKb@b33MM"
    "\?0FZW4bH5L[5JbW>C@LUb@b40:Sb0[bb5bbS@I29bYAY=bWbFb0<O\?64K0Q:UARXC<WbV;6FOXYFW=\?C\?@HFDVDVC8;38<`4=97C:IIU73RS"
    "U1\\b;4bP7UZ5<b9>B=bRbEbLG________________L__#_____04JC>3JFO5bBHBA6Ia@:<@MSb>b+=T\?X7bb7<bACHH@>N^<3AbFbNb/7MCV2"
    "V_75bbCPU7Tb8;<>ZKbBTK@@<A=E<b<_O883R=Y327UQbVSKE4bbU(bbZ/bbUbb;bbUZbJbbbDb31EWG1K_92bPAL<5Qb@\?Qbb_bRb,>b<b2bb"
    "\?5bbbJb:=bOb5EbJb;b'\?CAK:KLM\?ZZGCK>AbF;GQbZbbb<4GOb+bbO7bb:Ob7bbbGb\?Obb:4";

static const char english_triples[] =
    "####[b^aRI+,L5ZL,TF\?/^]B\\aBE;.,3GL,4U+++E>[]EE+++3GD,6M/</5'$L4E,++]>`]B]\?,0%##+$E/+;=H`J8J/+^1;_]CF/,,3H$,#D"
    "#-$5'#$$E+-+#####(#'([(,<3ROL2]Z^>:$C0&;_+L3F1B.;'-4$<U**\?####V0+M[B`^:R+>N]bJZV'G#&[I0^$###+[B`b6NOb1aP@\\:@%("
    ":7',$3ZL:%='$$7R2>*;'$$T####[6`^VE+L#=########;bP[=#+###########[:Q^CC########E+++5#######+[9`\\B%###+####E++++'"
    ",C#%###C>\\\\S####;'#$#####+'#;##########`NZb%##$#E/+/+####B0BJ'#####+##[2`\\8]&@2#####b2<R5'$$$######$##bRBb)##"
    "#####+3'$D4$###;'$<&_L62'#############.%6'#'#######Kb\\]:%#,,5C#$$F/$$]B\\^1%+,+#',#$E++#SB_^6$##+3'###E++#5#$$#"
    "E+#+K:\\^RE/+$#####E+++-H<F$#+##[8[\\%S###3'$,#####K#X3##########@J:b[(,>$FO,2]YL\\8<P8:O0,\\$F-0N='$$#$6::#####"
    "DK#E[b`^6J+BM=Zb^Z,%:2;I,^8###+[bb^:^OBQ[HL^XK#5(;'$$#Z0,*;H$F3bO=&#'$#%####KF`[2%#++3########[:[[)J+,&%C#####+#"
    "+BK[M##+######F+++-########;6L<0#########E+++-C#%#H/+%-8][C#############+#$###########T-:B'#$$3#########b/2*%#$#"
    "#F+8%]'LT8b&2B#######+#3'$$4%###['$6#Z-Bb##,$#####3'$$4&'('3C$$#F+**%####E'#######(#=$3########KB`^Z%#+$3C+,#5#+"
    "#;2\\a\?##++#######+#Kba^%##+#3'$##E++#='$##&+#+[:b^Z%++#####$E+++-#$C#L20RU4a]#####3'#$#####;9[U##########4%:*K"
    "',<$FO02=9D44<$(Z;/,D4F10R1###$##'#3#$$#F++#]J@\\:J+BE]Bb^B4%:.[H<V7%##+[B\\^8RQ>2]HT\\X##%);'$$3#+##+'$C#&###S'"
    "$4C####K4X=Y#############3(K['#############+3SC#######################KXP;4#############+########C5\\=%#########"
    "##################6I**:'$$#%'+#3##,#Z2@b5##+$%##$;#$4#\\+BJ5'####+##3'$$3E###3'$$#&CB^3'+$#####3'#$#.15/3C$$#$#8"
    "43####E'+######6+,%#########[b`abF#+.3E#$$N0,*]b\\^BD/,.3#$##%++#[B_ZM####[G<37Z0AM='$T#C##+[B`^:F/,)#####$#++=G"
    "$D#V/#.M@X\\+C+##3#$######;`TM'#########\\QBRb/,\\$%'+######^EBJ&##$##########\\E**$########3'$#3E+++='#3#BaBb=O"
    "0^4####3#$$#F'+/CC#$#\\&**'####E#+######&##)#########[^`]ZE+,,;G,L4bRBN]b\\bAE+,+[OP\\$E+++[B_bNE+++;O^37E++#5'#"
    "$#F++#M:\\^*%+++####$C+##=H@F:J1,.=2\\]#E++#3G#+#D###;$;D#E########<L::[(N\\(NG+0]Z0684K*)=/$S3F1/N=#C$#>C(*#'$#"
    "#N+-E]b@V6J,>&]bb\\V\\D::\?H0V8###+[b`^ZNO^)]Z<^8b.X:\?'$##b.:I-H$#3F$/%;G#$3####+:^]ZC#+#;C#$#%#+#[B_^)#+######"
    "#F++.=:O^K###%##D##E+++%'##$##+#+*`^*F/,+%####E+++;G(D4F/+-E>[]C####3'#+#####K3.K##########(####################"
    "#######################################################+#############E++############################Kb`^ZF+,.=G,"
    "L4R0,F[b`^AJ+,,;G,<4E++#]B_VF&###['\\6'V,+E=(,T4R,#1]BbbbF/,&3###$F++#]J0F$R/>NaB\\]#F++#3'$$#####K'DT###+######"
    "@R:b>'#$4F/,.5####bJbb&#####+#+[(`N8b&B:(####F/#1='$,$F++%3'$$#B,Bb]G,<4###+;##$#R/>L]P\\>8bM:6#'###E++######<#)"
    "&+########Kbb].F++,3C+$#$#+#[*\\^1E+++#'#$$b0bR]b[bE####3####F++%='#$#E+#+[:`^B%/,$#####E+++=G4D(F+,N]B_]-$##%3'"
    "$$#####;C,=#L##+#####<Q**]'<;8MO$/=9,43X#823++D#J),-#####[#8*3#$##N+#,[10]3J+A%[bP](#+#0](,^'###+[BRb6RO41[R,\\4"
    "##%#;'$#######'##$D+#%C'##C####+$[]$#########$###+V\\[7############%S:O^M#########%#+###########&,[$#########$##"
    "#+#########'+###############+#############7N*:6'$,#&###;'#;#Z-(*3#,$$#+##3'$$3\\&::'####$##%+'$33E++#+O4U'$C2\\3"
    "#+######3'$$#D/3'+#$3############+######D#############33C#####3',#$####+&[;##########%++#+(C3##############3####"
    "######+E#C#$######%########H+#,###+#######$######+3+###########LE*D3'$,$%',##'D+#:%(*##$+$C+0$3'#$###'53####C3##"
    ";'$$$J#\?#3'#C;$%'2\?GD\\$####3'D$$N/#/3C$###C%$#####C#####################[3G;#E#######$####[2K=###########C##+"
    "3K%##########C###%'#######3'T,################+######+$#+#C############+####F+$#%";

static const char english_known_words[] =
    " abc abcd abs ace aft age aid air all and ant any ape app ara arc are arm art asdf asdfgh ash ata atm atv axe ba"
    "d bag ban bar bat bay bbq bed bee ben bib big bin bit bmw boa bog bok bow box boy bra bud bug bum bun bus but bu"
    "y cab can cap car cat cctv cep cgi cob cod cog cop cot cow crt cry cub cue cup cut dad dam day ded den des dew d"
    "id die dim dip diy dna doe dog doo dot dry dsl dslr dvd ear eat eau eel eft egg elf elk emo emu end eve ewe eye "
    "fan far fat fax few fig fin fir fix flu fly fog for fox fry fun fur gap gar gas gel gem ger get gig gmbh god got"
    " gum gun guy gym had ham has hat hay hdd hdmi hdr hdtv hen her hex hey him hip his hit hob hoe hog hot how html "
    "http https hug hut ice icy ill imp inc ink inn its ivy jak jam jar jay jet jew jim job joe joy jpeg jpg jug keg "
    "key kfc kgb kid kit lab lad lap lar lay lcd led leg lei leo let lgbt lgbtq lid lip lit log loo lot low ltd lye m"
    "ad man map mat mau max may men mic min mom mop mpeg mri mtb mud mug mum nap nba net new nfl nib nog not now nun "
    "nut oak oar odd off oil old one orb ore our out owl own pad pal pan paw pay pda pdf pea pen pet pic pie pig pin "
    "pit pjs pod pom pop pot pub pug pup put qwerty rag ram rat raw ray red rex rig rio rod roe roo row rtfm rug rum "
    "run rus rye sad sam saw sax say sea see set sew she shy sit six ski sky slr sms son sow soy spa spy sub sum sun "
    "sup suv tag taj tam tan tap tea tee ten the tie tim tin tip tit tom too top tot tow toy try tub tug tuk tup tvs "
    "two tzu ufo ult ups urn usa usb use ute van vat veg vet vhs vue war was wax way web wet who why wig wok wow xhtm"
    "l yak yam yen yes yet you zip zoe zoo zxcv zxcvbn ";

static const char russian_pairs[] =
    "b@9:<=NF\?D^5=9\?=4<5<CCFIDBVbbbJTJ2bC>G\?EHBWF>:26^C7<:LJ8RGETbbbYM<H0Sbbb2\\Z6bC8XA1b5KV5bbSS`QM@S`RM32VVZS1bO"
    "8b>FX@0XHEEBbYTOJTb5JabC=1TITR:b_8bL;`\?,^3ZR8bbbbVbbbbZYR<5S\?QO2AQ5b>CM62S;CO:b\\PVObU<EbMD1SF<E>JFDU<>7;4LE4:"
    "6]SKLBJSbbbbVMA2LSZ:,RZ2b7VZ4AbbMb<bbZQbbbbHbbbA.I<H85\\]8b@BA83b@NZ=bbZOTbb\?H]SH.HK@EE>NEH>4>>5GH>:;TNF@\?JObb"
    "bbI<%bJPYIUbN_b=HF<IPX;DbO]HM^]bbbbbW7.aGbb9bU3bQ@^L/b9EC8bbVbVbb`bbRHC3QbTQ1bX4b=CSH1VbNG=XabYZbb>3]@;-4IZab7bb"
    "0bKMUA5GRR^:Vb`O]bbAYb^@@4]SC@7OP3b>_b:1`bC>BWYGGXWb3>bNC=W@3;<CCCQ<<64:TA6:<PKIQ>ISbbb^\\QK1bbbb3bb6bC7bN/I4HF;"
    "RbbJObbEKbQG>0LKIE3MT6b>MF<1MQC\?9PMRLMVb<GbJ@C8S>\\[8bb9b2>B;7=QA.\?WROM\\bTBJ^RB:2MB\\T3bb8b=GW<1W5DP;WaZPUbb:"
    "BbKB/H;I\?<L@\?MT;:>=T\?78;bOBT\?<JbbbU=[C4VbQb2bb/bV7NX/b:bC:EbbJPbbJPZPQ(5bI_b@bb;bWDKG3`@WJ\?bbXbZbabbObb8/b5"
    "bb/bb0bEbXb;WWbS=bULbbbb8bbWbE4\\Ybb.bb2b0ZY1Ab^YG\?bbbbSbbbDbbbE3bGbb0bb2b/@K8:BN[;@bX_\\bbbbLbLbC3bbbb-bb)bbbb"
    "=Lbbbb\?bbbbbbbbLbbb[[[[[[$[[[[[[[[[[[[[[[[[[[[[[[[[3/bEEMR5BTb2EA0IbKDCCbb5NK\?Rbbbbbb0bGKHF9bNFb2b>0EIb=\?bFPD"
    "DEQbbbb<8Ibb=EbbbbbL2,B;b=683bbbKKFbbbbbbb)Q<HH;bKDbb>>@BYM<A7bUMb\?@9bbbbNb+bGKEBMCEUQDK09bICC:bb5SENAbbbbTO";

static const char russian_triples[] =
    "#####KZba$+%,L)S^P`b=JM,P'#6\\\\X%Y[ZZ4'324D##M,R'3PR`bS3##+##;,Lb##),+7S:-PH>U%,,'SaZ_A>#-LP:V:<$T#]bRbb>^,0H)a"
    "bQb>*6+,H#/-,N'#4,$D#5),.)#3,`Z%'#,#'##################;SZ&%C4_)##__Z4(######$#E3#[+0P#U^LRJZa-\\P3SBNbXVQF95+#F"
    "L/'#[R`P'UDC($&KR`>0W2NLJ%B1@\\$Y2LBRVAbH^bY(CI$#[+0b<UZNbbZA;`^>Y.LRRTQGW\?\?+6,L14\?+\\`##&L+G3;+HT#'&LB)C=+$D"
    "####################+\?##$##%'+#W;1######Kbb`AS%,+##'+$##C###########TbJF&9######++##[bbBPS#####3+$D#S&L+'S9##$#"
    "#&,+'3abba+S#####;+(D#Y%D$%#3+#H#%`aJB&%##########3+$D#%%+#####$###&,#'##+###C$T&6$++$##S###%#+#++##$#)5#######`"
    "bZ>&)#+$###,+$##+#C##.$+'3KbbBaS#####C&;(#Cbb`V*)#####&,L'#9+$##W&$+'3;+$D#U`bbF*)+#'#C&,+'3A+8Z%U&$K'3;Ma\?]3##"
    "###;+$D##%$+'3;+$D##&,+'###$####$###KbYAA#$,###)#C###$####+W_3M######+b^a2S%+###3+$$##&,+'#9+####(Tb&#######%###"
    "#K2^B-S#####3#(D##&,+'SA+#D#%%,+'#Qb]bR+#+###;+(D#U&D+'3#+$$#S2)H6*%#######################C3###################"
    "########&#+##'##$#%3#######<VZ5&)+$(##F,+'3)#+H##&,+'3O`bBAS*,+'##+$$#S^`bJ$)#####%,+'#A+$D#U#,+##;+(D#U`bZ4*9#,"
    "###&,+(3),G4##%+[##OZ`A]3#####3##$##%$+'33#$$##%,$#########$###+,U'5#(L%##)#####4EG#%+'S3M######K#[3%#&LPJ3AMHP_"
    "YbLP'#[``R3YL`JN&A/HL''NLR'S1,&;#SXHZ^&;,0b8S&L@2Sa-PF+YZP@ZZQ%XA##&L`JV_b`bBY>LBZTa,P`=Y8#&##;+DT#%.LBI#;+8T#%&"
    "L/)C;+H\\#'&,+'C######################+#'3C#$#*4#######0bJ6(A+#D#U%#######C##&,,'SQRb@/S#$###3#####\\`ZV#)#####&"
    ",+'#A+#D#%###'#;+$D#U,S)$##############'########+;G7K3###########%$+'3##$#########################$,###)########"
    "#############KBbBQC&,K'3;+,D#E&,,'#;,HH#Y0<JM%)+######$##;1bBGS#####;+$D#S&,+'3A+$D#%&,+'SONb:+C#####3+$D#E&D+'3"
    "#+####(#J%$%##########3+#D#%#+###3+$C#############0TE4$+####S#C###+'3###0S%5'######X#ZU%[+PP3U&L0GVBLLH#S.NP*S1,"
    "b\?'S&L/(#[2`H#U$##$#+#G+'#2,R*%a+0^#Y2LAP4ab`\\@ZDG:&#;+0b#U*NB:Va+`^1Y2LQJV1)3+##&$M16A,(X##&L+G3;+HL#'&L/'C;+"
    "DC#####################3##(#(##+3W3%3###########&$+'3#+$$##%,,'#;;$D#%$3E########%$###+##########[+,D#W&L+'SA+$F"
    "#%&,+)31%C7##&$,/3;+#D##*L+)3a+$N#U#####;++D#%%####3+#D#%%++##3+$C###+##############+##########+#####$#%3#######"
    "PZbb&)##D##&,+'3)##$#######[QbA4S#$###3##$##Rbb:%)#####&,+'#;+$D#Y%####3+$D#UbZbB&##'$##&,+'3B+(V%U&,O'3aR`A=3##"
    "C#####C###+###3+$###&,#'#############+3#%######/#####$#C##+#3#%######[babbS&,+'4)#'$##%$+##;+#T#5`bbb*)#####%D#'"
    "#[bbBb[#####;+DL%S&,+'SA+$D#U&L+G3Kbba^[&,+'3'######,#%#A+$D#EXbA4&:+$##C%##########%L+#C#+#####++########0^)4&Q"
    "RX>bS##3#%KZ_B[#XFYV&%#####TbRb&B+,H#%%#+##;+LD#######KAb\?aS&,#'#######T\\J*&)#####&,+(#9+$##W&,/'3;+$D#U`bZb*A"
    "+,D#)&$+)3;+'T#%%+###+Y_\?^3%++'#;+$D##%$+'33#$K##&,#'############+,A;=#$,###)#####$#'$#+%W;]######KbbaAC%$#'#3+"
    "#$##.LL)#A\\`P3U`bbb&9+$###&,+'3_bbAbS#####;+D\\#S&$+'#'##$##&,+'3abbbB[%+#########&L;)3<-PP#U.JN:6%++$##%$#'#<+"
    "$V#%*L+'#;+DD###+####+####$<F3&1-(,#S#C###+'#;]3<J*5)'#####,'8%#;[``KZ*LPHZA1LX#SbRbJ^1HY5/#FR/'C;B`X/YT'*&#++`>"
    "GW>PP*%aR`^[Y*NbRSaRP\\PY'CS4$;+Pb;YbRbbZA,`bAZRNbZVR%P;%#&,K)3A,\\H3S+,C##3,HT#'.L0)C;+DC#'################+$+3"
    "##$'C%'K3[\?M######KbaaA[##+######%############\\ZZV*###########;`R@aS#####;+$D#S&,+'S)#####&,+'3QbbaA[&L,'3;+$D"
    "#Y&L+)3A+$D#UZ'ZV*%#$'#####'#3+#D#%%,#'#;+$D#############,4F5%++$##S####$+##)3#$#%6'######`bbb&A+,H#E&,/'SA+$^3#"
    "&./GUabbbbS&L+'#;+$D3%bbbb*)#####.,,)%A+$D#I&,,'SA+$\\#Ubbbb*B+$H#%%,+##\?+(T#U.Pa0SaabA]S&,+'3A+DD##&,+73;+(D##"
    "&LN'#;+$D#######Kb];A#8D%$#)#3%##4G*4&K`_=M######K`aa>S#,K##7+$D+C##L##3+#$##^\\bZ$9#$###%####[RbB1S#####;,LH#U&"
    ",+'S9+$L#E&L+'3Rbbb2S&,L'3\?+#D#%.LR*3a.`P$YbDZ6*5+$###&,+'#3+$D#%%,###;+$C########+####,4Z5(++8$#S##(##+'#'3#$C"
    ")U(######PbZb*)#$D##&,+'S9+#####$+#3[bbBBS#+###3#####bbbb&*#####&,L'#A+$D#Y&$+##;+$D#Ubbbb*B++H#%&,+'3A+8T#U&,L'"
    "#[QbA^[#,+'###$$#+&D+'3;+$S##%,+'############+2a/5#(,%$#1###'#:EF#%K]Z5US#####+#a\?9#*LRGX9+H,SG&,L'#AOPX3Y,S%%#"
    "[/HL+'*L0(T/CC1##,#'&$;,0`/S&L,*Sa+PH,YVL/ZU)#)'##&L`(4a2Xb\?Y&L@*Ta,PP#Y$'###3++###6,2)+*+$###&LO'E;+HD+'%,+'##"
    "#####$############D%#+##3C#$#%3#######@`J:#*##C#######3##########+0^\?5S###########:``F&)#####%####;+$D#]#,#####"
    "#$#%;SJ%#######&,+'3'#####&,+'S1AG7##*,+'3#############$#####3%############+######$+####C###$#%##+#33%######;+ab"
    "-S#####3##$##%##########D3R#############K@ZBES########$##%,+#33+#C#%%,+'#QbaB.#%####;+$D#Y#C#%#;+$D#%FD`)5%#####"
    "######$###########$#############C############C$%#+#####$#%3#######$#Y5########$##############+PbB)S###########F"
    "\\P.#)#####%++'#######%##########\\SE#####$##%###########$+##+KG##3#####3#####%,+'3'#####################+-5%%##"
    "############C####3#%######K2baUS$#+##;+#D#%###########@\\Z6&)##########+\\b=aS#####3+$D#S#$####+#$##&,+'3+%Y#+##"
    "#####+####&D+'3;+$D#%\\EV%*%######################+$###################++$##S######################LTZA*'#####%$"
    "###)##########KRbA.S###########0\\Z^&)#####.,+'#9+$$#U%$+##;+$D#U<TY2$;+$H##%##'###'###&$K'3K+U\?C3########C##%#"
    "+#33###########################$,###)########%############+/S3%S######################@\\Z&$)##########++Z3QS###"
    "###################%++'3C$3#########################$CS##%###########################################+####3#####"
    "#############################################G7+################################################################"
    "############################################################################$#7#############&L/'3;+CD;%&,,'#;,#'"
    "##,'%##;+PD##3$+'#+#####$####;,LH##&L+'S\?+PN+E&L/'W)#####%,D'D\?+HL#Y&L,)SA+HD'I###########&,+'#3$####&L/'#;+PD"
    "''#,#########################+#####$#%3############;+#H#U&,+'3\?+$D#S&,+'U/J57$######;+'D#E$#'S%######&,,'#)####"
    "#&,+'3A+$D#U##H%#;#$4#%#####;+(4#U&,K/3)#####&L+'U3+$D##%$+'33#$D##&,/)###$#########################4#G-'+$W'%##"
    "###############3+'###3#'#################################+#;L,P###L$-CC#$D##F$+I3######&,+)3C'+,##&D=)3;+XT#%###"
    "#############;+#D#%+####3+'#################################################C##3$P$##&,+'3;-$D##&,1GS)#####%L/##"
    ";+$D#%###########.0+(#;+$D#Y&L+'4A+(D%Y##C####($##&PA)S;+O\\#%&L/(3######%####;+$D#######;+(D##&L/'#;+$C########"
    "################$######################,D#D7#PD;%&L/'#;+HD3Y,#%%#;+HD##%L/#S1###\?#$##D#;,$L#S&L+)SA+(D#ENL/JS)#"
    "####&L+'3A/`L+U&L0ISA+PL#I###########&,+)#;+$C#%&L1'#;+HC##%,''#######################+##3C#$#%3##";

static const char russian_known_words[] =
    " азс ара арт аэс бак бар бас бег без бей бен бес биг блю боа боб бог бой бор бою бра бррр бтр бус бык был вай ва"
    "м вас ваш ввс вднх веб век вес вид вмф вне вок вол вор вот впн все вся вуз вши где гибдд год гол гор гот губ гэс"
    " два двд две дед дим для дна дне дни днк дно дня дог док дом дтп дуб дух душ дым его еда еде еды ежи ели ель ест"
    " еще жар жду жим жкх жук зал зоя зуб зэк ива ивы игр иду изо или иол ира ищу йцукен как кар кгб кий кит код ком "
    "кот кпк кто куб лак лап лбу лев лед лен лес лещ лис лоб луг лук луч лыж лэп люк маг мае май мак мау мая мвд мгим"
    "о мгу мед мел мем мех меч мир мкс мне мои мой мол мох моя мрт муж мул мфу мхи мху мчс мыс мяч над нам нас наш не"
    "т низ нквд нло ног нож нос нут нью оба обе оля она они оса осы паб пан пар пвх пдд пес пик пне пни под пол поп п"
    "от при про псы пти пул пух рад раз рак раф рим рио рис риф ров рог роз рой рок ром рот рсфср рта рук рыб ряд сад"
    " сам свч сет сип смс сна сок сом сон соя спа спбгу ссср сто суд сук суп сша сын сыр сыч так там тир той ток топ "
    "тот три туз туи тут туя тцу тэц тюк уже ужи узи усы уфа уха ухо уши уют фай фар феи фен фея фиг фон фри фсб фуд "
    "фыва хин хор хот цех чай чан час чат чау чаю чая чей чек чем чиж чин чип что чум шар шее шеи шеф шею шея шип шоу"
    " шум шут щит эгг элт эму эта эти это эту юла юля юра яга яки яма яна яхт ячсмит ";

#endif
